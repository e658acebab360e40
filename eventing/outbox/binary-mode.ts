import type { CloudEvent } from '../contracts/cloud-event.ts';

export interface Message {
  headers: Record<string, string>;
  body: Buffer;
}

const inBody = new Set(['data', 'data_base64', 'datacontenttype']);
const json = /^[^;]*[/+]json\s*(?:;|$)/i;

/** Writes an event as the HTTP binding's binary mode has it (CloudEvents HTTP binding 1.0.2, §3.1). */
export function binaryMode(event: CloudEvent): Message {
  const body = bodyOf(event);
  const headers: Record<string, string> = { 'content-length': String(body.length) };
  for (const [name, value] of Object.entries(event)) {
    if (inBody.has(name) || value === undefined || value === null) continue;
    headers[`ce-${name}`] = percentEncoded(String(value));
  }
  if (body.length > 0) headers['content-type'] = event.datacontenttype ?? 'application/json';
  if (event.traceparent) headers.traceparent = event.traceparent;
  return { headers, body };
}

function bodyOf({
  data,
  data_base64: bytes,
  datacontenttype: type = 'application/json',
}: CloudEvent): Buffer {
  if (bytes !== undefined) return Buffer.from(bytes, 'base64');
  if (data === undefined) return Buffer.alloc(0);
  return Buffer.from(typeof data === 'string' && !json.test(type) ? data : JSON.stringify(data));
}

/** §3.1.3.2: space, double quote, percent and all outside of printable ASCII, byte by byte. */
function percentEncoded(value: string): string {
  if (/^[\x21\x23\x24\x26-\x7e]*$/.test(value)) return value;
  let encoded = '';
  for (const byte of Buffer.from(value)) {
    const plain = byte > 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x25;
    encoded += plain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}
