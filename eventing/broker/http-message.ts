import { type CloudEvent, NotAnEvent } from './event.ts';
import { decodeHeaderValue, encodeHeaderValue } from './header-value.ts';
import { readStructured } from './structured.ts';
import { validateAttributes } from './validate-event.ts';

/** Headers as node:http has them. */
export type Headers = Record<string, string | string[] | undefined>;

/** Reads one event from an HTTP message, in binary or structured mode. Throws NotAnEvent. */
export const readEvent = (headers: Headers, body: Uint8Array): CloudEvent => {
  const contentType = one(headers['content-type']);
  const mediaType = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (mediaType === 'application/cloudevents+json') return readStructured(body);
  if (mediaType.startsWith('application/cloudevents-batch'))
    throw new NotAnEvent('batches are not taken: send one event a request');
  if (mediaType.startsWith('application/cloudevents'))
    throw new NotAnEvent(`${mediaType} is not taken: send binary mode or application/cloudevents+json`);
  return readBinary(headers, contentType, body);
};

const readBinary = (headers: Headers, contentType: string | undefined, data: Uint8Array): CloudEvent => {
  const attributes = new Map<string, string>();
  for (const [header, values] of Object.entries(headers)) {
    const value = one(values);
    if (header.startsWith('ce-') && value !== undefined)
      attributes.set(header.slice(3), decodeHeaderValue(header, value));
  }
  if (attributes.has('datacontenttype'))
    throw new NotAnEvent('the type of the data stands in Content-Type, not in ce-datacontenttype');
  if (contentType) attributes.set('datacontenttype', contentType);
  validateAttributes(attributes);
  return { attributes, data };
};

/** The headers of an event in binary mode. */
export const binaryHeaders = ({ attributes }: CloudEvent): Record<string, string> => {
  const headers: Record<string, string> = {};
  for (const [name, value] of attributes)
    if (name === 'datacontenttype') headers['content-type'] = value;
    else headers[`ce-${name}`] = encodeHeaderValue(value);
  return headers;
};

const one = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value.join(', ') : value;
