import { type CloudEvent, NotAnEvent } from './event.ts';
import { validateAttributes } from './validate-event.ts';

/** Reads an event in CloudEvents' JSON format 1.0. Throws NotAnEvent. */
export const readStructured = (body: Uint8Array): CloudEvent => {
  const { data, data_base64: base64, ...members } = parse(body);
  const attributes = new Map<string, string>();
  for (const [name, value] of Object.entries(members)) {
    // A member that is null is one that is not there.
    if (value !== null) attributes.set(name, attributeValue(name, value));
  }
  const hasData = data !== undefined && data !== null;
  if (hasData && base64 != null) throw new NotAnEvent('data and data_base64 exclude each other');
  if (hasData && !attributes.has('datacontenttype')) attributes.set('datacontenttype', 'application/json');
  validateAttributes(attributes);
  if (base64 != null) return { attributes, data: fromBase64(base64) };
  return {
    attributes,
    data: hasData ? dataBytes(data, attributes.get('datacontenttype') ?? '') : new Uint8Array(),
  };
};

export const isJsonType = (mediaType: string): boolean => /^[^;]*[/+]json\s*(?:;|$)/i.test(mediaType);

// JSON.rawJSON and the third argument are ECMAScript's "JSON.parse source text access", which lib.es2024 lacks.
type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };
const parseJson = JSON.parse as (text: string, reviver?: Reviver) => unknown;

const keepNumber: Reviver = (_, value, { source }) =>
  typeof value === 'number' && source !== undefined && String(value) !== source ? rawJSON(source) : value;

/** Numbers beyond a double keep their digits; where none can be, the slower way is spared. */
const parse = (body: Uint8Array): Record<string, unknown> => {
  let event: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    event = parseJson(text, /\d[\d.]{15}|\d[eE]|\.\d*0\b|-0/.test(text) ? keepNumber : undefined);
  } catch {
    throw new NotAnEvent('the body is not JSON in UTF-8');
  }
  if (typeof event !== 'object' || event === null || Array.isArray(event))
    throw new NotAnEvent('the body is not a JSON object');
  return event as Record<string, unknown>;
};

const attributeValue = (name: string, value: unknown): string => {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (Number.isInteger(value) && Math.abs(value as number) <= 0x7fffffff) return String(value);
  throw new NotAnEvent(`the attribute ${name} is neither a string, a boolean nor a 32-bit integer`);
};

const dataBytes = (data: unknown, mediaType: string): Uint8Array => {
  if (isJsonType(mediaType)) return Buffer.from(JSON.stringify(data));
  if (typeof data === 'string') return Buffer.from(data);
  throw new NotAnEvent(`data is ${mediaType}, so it must be a string, or stand in data_base64`);
};

const fromBase64 = (text: unknown): Uint8Array => {
  if (
    typeof text !== 'string' ||
    !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)
  )
    throw new NotAnEvent('data_base64 is not base64');
  return Buffer.from(text, 'base64');
};
