import * as z from 'zod';
import { destination, destinationFlaws, withNamespace } from '../destination.ts';
import { parseIsoDuration } from '../durations.ts';
import { type Flaw, invalidValue, via } from '../flaw.ts';

/** eventing duck/v1 DeliverySpec. */
export const delivery = z.strictObject({
  deadLetterSink: destination.optional(),
  retry: z.int().optional(),
  timeout: z.string().optional(),
  backoffPolicy: z.string().optional(),
  backoffDelay: z.string().optional(),
  retryAfterMax: z.string().optional(),
  format: z.string().optional(),
});
export type Delivery = z.infer<typeof delivery>;

export const defaultDelivery = (
  spec: Delivery | undefined,
  namespace: string | undefined,
): { delivery?: Delivery } => {
  if (!spec) return {};
  const { deadLetterSink } = spec;
  return {
    delivery: {
      ...spec,
      ...(deadLetterSink && { deadLetterSink: withNamespace(deadLetterSink, namespace) }),
    },
  };
};

/** DeliverySpec.Validate. */
export const deliveryFlaws = (spec: Delivery | undefined): Flaw[] => {
  if (!spec) return [];
  const { deadLetterSink, retry = 0, timeout, backoffPolicy, backoffDelay, retryAfterMax, format } = spec;
  const duration = (field: string, text: string | undefined, fits: (ms: number) => boolean): Flaw[] => {
    if (text === undefined) return [];
    const ms = parseIsoDuration(text);
    return ms !== undefined && fits(ms)
      ? []
      : [invalidValue(text, [field], 'an ISO 8601 duration such as PT0.2S')];
  };
  return [
    ...(deadLetterSink ? via(['deadLetterSink'], destinationFlaws(deadLetterSink)) : []),
    ...(retry < 0 ? [invalidValue(retry, ['retry'])] : []),
    ...duration('timeout', timeout, (ms) => ms > 0),
    ...duration('backoffDelay', backoffDelay, (ms) => ms >= 0),
    ...duration('retryAfterMax', retryAfterMax, (ms) => ms >= 0),
    ...(backoffPolicy && !['linear', 'exponential'].includes(backoffPolicy)
      ? [invalidValue(backoffPolicy, ['backoffPolicy'])]
      : []),
    ...(format && !['json', 'binary'].includes(format) ? [invalidValue(format, ['format'])] : []),
  ];
};

export const deliveryWarnings = (spec: Delivery | undefined, path: string): string[] => [
  ...(spec?.format ? [`${path}.format is not honoured: events keep their form`] : []),
  ...(spec?.retryAfterMax
    ? [`${path}.retryAfterMax is honoured; a cluster refuses it without the feature delivery-retryafter`]
    : []),
];
