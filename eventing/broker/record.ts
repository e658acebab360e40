import type { LogRecord, NewRecord } from '../log/port.ts';
import { type CloudEvent, NotAnEvent } from './event.ts';
import { readStructured } from './structured.ts';
import { validateAttributes } from './validate-event.ts';

/** An event as a record, binary mode of CloudEvents' Kafka binding 1.0; its key is the extension partitionkey. */
export const toRecord = ({ attributes, data }: CloudEvent): NewRecord => {
  const headers: Record<string, string> = {};
  for (const [name, value] of attributes)
    headers[name === 'datacontenttype' ? 'content-type' : `ce_${name}`] = value;
  return { key: attributes.get('partitionkey') ?? null, value: data, headers };
};

// Triggers of one broker are handed the same record: it is read once.
const known = new WeakMap<LogRecord, CloudEvent>();

/** The event of a record, in either mode. Throws NotAnEvent. */
export const fromRecord = (record: LogRecord): CloudEvent => {
  const event = known.get(record) ?? read(record);
  known.set(record, event);
  return event;
};

const read = ({ headers, value }: LogRecord): CloudEvent => {
  const contentType = headers['content-type'];
  if (/^application\/cloudevents\+json\b/i.test(contentType ?? '')) return readStructured(value);
  const attributes = new Map<string, string>();
  for (const [name, text] of Object.entries(headers))
    if (name.startsWith('ce_')) attributes.set(name.slice(3), text);
  if (attributes.size === 0) throw new NotAnEvent('the record has no ce_ headers');
  if (contentType) attributes.set('datacontenttype', contentType);
  validateAttributes(attributes);
  return { attributes, data: value };
};
