import * as z from 'zod';
import { ScheduleError } from '../../eventing/cron-fields.ts';
import { parseSchedule } from '../../eventing/schedule.ts';
import { destination, destinationFlaws } from '../destination.ts';
import { type Flaw, invalidValue, severalOf, via } from '../flaw.ts';
import { defineKind } from '../kind-admission.ts';
import { anyStatus, kubeObject } from '../metadata.ts';
import { dns1123Subdomain } from '../names.ts';
import { overrideFlaws, overrides } from './overrides.ts';

const json = 'application/json';

const spec = z.strictObject({
  schedule: z.string().optional(),
  timezone: z.string().optional(),
  contentType: z.string().optional(),
  data: z.string().optional(),
  dataBase64: z.string().optional(),
  sink: destination.optional(),
  ceOverrides: overrides.optional(),
});
type Spec = z.infer<typeof spec>;

export const pingSource = defineKind({
  schema: kubeObject('sources.knative.dev/v1', 'PingSource', { spec: spec.optional(), status: anyStatus }),
  name: dns1123Subdomain,
  defaults: (object) => ({
    ...object,
    spec: { ...object.spec, schedule: object.spec?.schedule || '* * * * *' },
  }),
  rules: ({ spec = {} }) => [
    ...via(['spec'], scheduleFlaws(spec)),
    ...via(['spec', 'sink'], destinationFlaws(spec.sink)),
    ...via(['spec'], dataFlaws(spec)),
    ...via(['spec', 'ceOverrides'], overrideFlaws(spec.ceOverrides)),
  ],
});

const scheduleFlaws = ({ schedule = '', timezone }: Spec): Flaw[] => {
  try {
    parseSchedule(schedule, timezone);
    return [];
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    return [invalidValue(error.message, [error.field])];
  }
};

const dataFlaws = ({ data, dataBase64, contentType }: Spec): Flaw[] => {
  if (data && dataBase64) return [severalOf(['data'], ['dataBase64'])];
  if (dataBase64) {
    const decoded = Buffer.from(dataBase64, 'base64');
    // line ends within are passed over, as by Go's decoder
    if (decoded.toString('base64') !== dataBase64.replaceAll(/[\r\n]/g, ''))
      return [invalidValue('illegal base64 data', ['dataBase64'])];
    return contentType === json ? jsonFlaws(decoded.toString(), ['dataBase64']) : [];
  }
  return data && contentType === json ? jsonFlaws(data, ['data']) : [];
};

/** Knative takes objects only, although JSON is more. */
const jsonFlaws = (text: string, path: string[]): Flaw[] => {
  try {
    const value: unknown = JSON.parse(text);
    const object = typeof value === 'object' && !Array.isArray(value);
    return object ? [] : [invalidValue('json: cannot unmarshal into an object', path)];
  } catch (error) {
    return [invalidValue((error as Error).message, path)];
  }
};
