import { Problem } from './problem.ts';

/** A received CloudEvent (version 1.0): attributes and extensions as they came, data parsed where it is JSON. */
export interface ReceivedEvent {
  specversion: '1.0';
  id: string;
  source: string;
  type: string;
  subject?: string;
  time?: string;
  datacontenttype?: string;
  dataschema?: string;
  data?: unknown;
  [extension: string]: unknown;
}

const json = /^application\/(?:[\w!#$&^.+-]+\+)?json\s*(?:;|$)/i;
const structured = /^application\/cloudevents\+json\s*(?:;|$)/i;

const malformed = (detail: string, cause?: unknown) =>
  new Problem('malformed-event', detail, { status: 422, title: 'Not a CloudEvent', cause, retriable: false });

/** Reads the HTTP binding 1.0.2, binary (§3.1) and structured (§3.2) mode. Throws a permanent Problem. */
export const readCloudEvent = (headers: Headers, body: string): ReceivedEvent => {
  const contentType = headers.get('content-type') ?? undefined;
  const event =
    contentType && structured.test(contentType) ? envelope(body) : binary(headers, contentType, body);
  if (event.specversion !== '1.0') throw malformed('The attribute specversion is not 1.0.');
  for (const name of ['id', 'source', 'type'])
    if (typeof event[name] !== 'string' || event[name] === '')
      throw malformed(`The attribute ${name} is missing.`);
  return event as ReceivedEvent;
};

const binary = (headers: Headers, contentType: string | undefined, body: string): Record<string, unknown> => {
  const event: Record<string, unknown> = {};
  headers.forEach((value, name) => {
    if (name.startsWith('ce-')) event[name.slice(3)] = decoded(value);
  });
  if (contentType) event.datacontenttype = contentType;
  if (body !== '') event.data = contentType && !json.test(contentType) ? body : parse(body);
  return event;
};

const envelope = (body: string): Record<string, unknown> => {
  const event = parse(body);
  if (typeof event !== 'object' || event === null || Array.isArray(event))
    throw malformed('The body is no CloudEvent in JSON.');
  const { data_base64: bytes, ...rest } = event as Record<string, unknown>;
  if (typeof bytes !== 'string') return rest;
  const data = Buffer.from(bytes, 'base64').toString();
  return {
    ...rest,
    data: json.test(String(rest.datacontenttype ?? 'application/json')) ? parse(data) : data,
  };
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

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw malformed('The data is not JSON.', cause);
  }
};
