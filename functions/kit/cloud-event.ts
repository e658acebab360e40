import { isUtf8 } from 'node:buffer';
import type { CloudEvent } from '../../eventing/contracts/cloud-event.ts';
import { Problem } from './problem.ts';

const json = /^application\/(?:[\w!#$&^.+-]+\+)?json\s*(?:;|$)/i;
const structured = /^application\/cloudevents\+json\s*(?:;|$)/i;

const malformed = (detail: string, cause?: unknown) =>
  new Problem('malformed-event', detail, { status: 422, title: 'Not a CloudEvent', cause, retriable: false });

/** Reads the HTTP binding 1.0.2, binary (§3.1) and structured (§3.2) mode. Throws a permanent Problem. */
export const readCloudEvent = (headers: Headers, body: Uint8Array): CloudEvent => {
  const type = headers.get('content-type') ?? undefined;
  const event = type && structured.test(type) ? envelope(body) : binary(headers, type, body);
  if (event.specversion !== '1.0') throw malformed('The attribute specversion is not 1.0.');
  for (const name of ['id', 'source', 'type'])
    if (typeof event[name] !== 'string' || event[name] === '')
      throw malformed(`The attribute ${name} is missing.`);
  return event as CloudEvent;
};

const binary = (headers: Headers, type: string | undefined, body: Uint8Array): Record<string, unknown> => {
  const event: Record<string, unknown> = {};
  headers.forEach((value, name) => {
    if (name.startsWith('ce-')) event[name.slice(3)] = decoded(value);
  });
  if (type) event.datacontenttype = type;
  if (body.byteLength === 0) return event;
  if (!type || json.test(type)) Object.assign(event, jsonData(body));
  else if (isUtf8(body)) event.data = Buffer.from(body).toString();
  else event.data_base64 = Buffer.from(body).toString('base64');
  return event;
};

const envelope = (body: Uint8Array): Record<string, unknown> => {
  const event = parse(body);
  if (typeof event !== 'object' || event === null || Array.isArray(event))
    throw malformed('The body is no CloudEvent in JSON.');
  const { data_base64: bytes, datacontenttype: type, ...rest } = event as Record<string, unknown>;
  // JSON is JSON, whichever way it was packed (JSON format §3.1).
  if (typeof bytes !== 'string' || (type !== undefined && !json.test(String(type))))
    return event as Record<string, unknown>;
  return {
    ...rest,
    ...(type !== undefined && { datacontenttype: type }),
    ...jsonData(Buffer.from(bytes, 'base64')),
  };
};

/**
 * Data that is called JSON and is none stays as it came: it is no business of this reader to refuse the event, a
 * handler with a schema does; and the dead-letter desk must be able to keep it.
 */
const jsonData = (bytes: Uint8Array): Pick<CloudEvent, 'data' | 'data_base64'> => {
  try {
    return { data: parse(bytes) };
  } catch {
    return { data_base64: Buffer.from(bytes).toString('base64') };
  }
};

// §3.1.3.2: space, quote, percent and what is not printable ASCII come percent-encoded.
const decoded = (value: string): string => {
  if (!value.includes('%')) return value;
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
};

const parse = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw malformed('The data is not JSON in UTF-8.', cause);
  }
};
