import { type CloudEvent, NotAnEvent, withAttributes } from '../broker/event.ts';
import { asExtensions } from '../broker/extensions.ts';
import { fromRecord } from '../broker/record.ts';
import { isMediaType } from '../broker/validate-event.ts';
import type { LogRecord } from '../log/port.ts';

export interface EventOptions {
  namespace: string;
  /** Of the KafkaSource. */
  name: string;
  extensions: Record<string, string>;
}

/** The type of a record that is no CloudEvent itself. */
export const kafkaEventType = 'dev.knative.kafka.event';

/**
 * The event that a KafkaSource makes of a record: the record's own where it is one, in binary or structured mode, else one
 * made of its place, key, headers and value, as Knative's dispatcher makes it (InvalidCloudEventInterceptor).
 */
export const eventOfRecord = (record: LogRecord, { namespace, name, extensions }: EventOptions): CloudEvent =>
  withAttributes(ownEvent(record) ?? wrapped(record, namespace, name), {
    knativekafkapartition: String(record.partition),
    knativekafkaoffset: String(record.offset),
    ...asExtensions(extensions),
  });

const ownEvent = (record: LogRecord): CloudEvent | undefined => {
  try {
    const event = fromRecord(record);
    return isSendable(event.attributes.get('datacontenttype') ?? '') ? event : undefined;
  } catch (error) {
    if (error instanceof NotAnEvent) return undefined;
    throw error;
  }
};

/** As a header, which content types go out as without an encoding of their own. */
const isSendable = (contentType: string): boolean => /^[\x20-\x7e]*$/.test(contentType);

/** One that calls an event what is none would make the receiver look for it in the data. */
const isDataType = (contentType: string): boolean =>
  isMediaType(contentType) && isSendable(contentType) && !/^application\/cloudevents/i.test(contentType);

const wrapped = (record: LogRecord, namespace: string, name: string): CloudEvent => {
  const { topic, partition, offset, key, headers, value, timestamp } = record;
  const attributes = new Map([
    ['specversion', '1.0'],
    ['id', `partition:${partition}/offset:${offset}`],
    ['source', `/apis/v1/namespaces/${namespace}/kafkasources/${name}#${topic}`],
    ['type', kafkaEventType],
    ['subject', `partition:${partition}#${offset}`],
    ['time', timestamp.toISOString()],
  ]);
  if (key) attributes.set('partitionkey', key).set('key', key);
  for (const [header, text] of Object.entries(headers)) {
    if (header.toLowerCase() === 'content-type' && isDataType(text))
      attributes.set('datacontenttype', text.toLowerCase());
    else attributes.set(`kafkaheader${header.toLowerCase().replaceAll(/[^a-z0-9]/g, '')}`, text);
  }
  return { attributes, data: value };
};
