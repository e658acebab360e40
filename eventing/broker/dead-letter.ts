import type { DeliveryAnswer } from './deliver.ts';
import { attributeName, type CloudEvent, withAttributes } from './event.ts';

const mostDataBytes = 1_024;

export interface Failure {
  /** Where the event should have gone. */
  destination: string;
  answer?: DeliveryAnswer | undefined;
  /** What to say where there was no answer that says it. */
  code?: number;
  data?: string | undefined;
}

/** The event with what a dead-letter sink is told of its failure, as Knative's Kafka broker tells it. */
export const deadLetterOf = (event: CloudEvent, failure: Failure): CloudEvent => {
  const { destination, answer, code = answer?.code, data } = failure;
  const body = (answer?.body ?? Buffer.from(data ?? '')).subarray(0, mostDataBytes);
  return withAttributes(event, {
    ...(answer && customErrors(answer.headers)),
    knativeerrordest: destination,
    ...(code !== undefined && { knativeerrorcode: String(code) }),
    ...(body.byteLength > 0 && { knativeerrordata: Buffer.from(body).toString('base64') }),
  });
};

/** Headers `kne-NAME` become extensions NAME, but no attribute of the event itself. */
const customErrors = (headers: DeliveryAnswer['headers']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([header, value]) => {
      const name = header.startsWith('kne-') ? header.slice(4) : '';
      return attributeName.test(name) && !reserved.has(name) && typeof value === 'string'
        ? [[name, value]]
        : [];
    }),
  );

const reserved = new Set([
  'specversion',
  'id',
  'source',
  'type',
  'subject',
  'time',
  'datacontenttype',
  'dataschema',
  'data',
  'knativekafkapartition',
  'knativekafkaoffset',
]);
