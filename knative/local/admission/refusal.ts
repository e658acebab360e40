import type { KindInfo } from '../store/kinds.ts';
import { invalid, type StatusCause, StatusError } from '../store/status-error.ts';
import { type Flaw, knativeText, renderPath } from './flaw.ts';

/**
 * All that is wrong with an object as the API server answers it: unknown fields as its strict decoder does (400),
 * wrong types and names as its schemas do (422), broken rules as the kind's webhook does (400).
 */
export const refusal = (info: KindInfo, name: string, flaws: readonly Flaw[]): StatusError => {
  const causes = flaws.flatMap(causesOf);
  const details = { name, ...(info.group && { group: info.group }), kind: info.name, causes };
  if (flaws.some((flaw) => flaw.kind === 'unknown')) {
    const list = flaws.map((flaw) => (flaw.kind === 'unknown' ? unknownText(flaw) : shapeText(flaw)));
    const message = `${info.name} in version "${info.version}" cannot be handled as a ${info.name}: strict decoding error: ${list.join(', ')}`;
    return new StatusError('BadRequest', message, details);
  }
  const webhook = flaws.every((flaw) => flaw.kind === 'rule') ? webhookOf(info) : undefined;
  if (!webhook) return invalid(info, name, causes);
  const message = `admission webhook "${webhook}" denied the request: validation failed: ${knativeText(flaws)}`;
  return new StatusError('BadRequest', message, details);
};

const webhookOf = ({ group, name }: KindInfo): string | undefined => {
  if (group === 'serving.knative.dev') return 'validation.webhook.serving.knative.dev';
  if (name === 'KafkaSource') return 'validation.webhook.kafka.eventing.knative.dev';
  return group ? 'validation.webhook.eventing.knative.dev' : undefined;
};

const causesOf = (flaw: Flaw): StatusCause[] =>
  flaw.paths.map((path) => ({
    reason: flaw.kind === 'unknown' ? 'FieldValueNotSupported' : 'FieldValueInvalid',
    message: flaw.details ? `${flaw.message}: ${flaw.details}` : flaw.message,
    field: renderPath(path),
  }));

const unknownText = ({ paths, details }: Flaw) => {
  const text = paths.map((path) => `unknown field ${JSON.stringify(renderPath(path))}`).join(', ');
  return details ? `${text} (${details})` : text;
};

const shapeText = ({ paths, message }: Flaw) => `${paths.map(renderPath).join(', ')}: ${message}`;
