import type { Context } from 'hono';
import { malformed, Problem } from './problem.ts';

export const bodyLimit = 1024 * 1024;

// Not with Connection: close, for a sender whose connection ends under its hands never hears the answer.
export const tooLarge = () => new Problem('too-large', 'The body is larger than 1 MiB.');

const jsonType = /^application\/(?:[\w!#$&^.+-]+\+)?json\s*(?:;|$)/i;
const otherCharset = /;\s*charset\s*=\s*"?(?!utf-?8"?\s*(?:;|$))/i;
const decoder = new TextDecoder('utf-8', { fatal: true });

/** Refuses a body beyond the limit by its announced length, before a byte of it is read. */
export const checkLength = (c: Context): void => {
  const announced = c.req.header('content-length');
  if (announced !== undefined && Number(announced) > bodyLimit) throw tooLarge();
};

/** The body as bytes, at most 1 MiB. Throws 413. */
export const readBytes = async (c: Context): Promise<Uint8Array> => {
  checkLength(c);
  // Node's parser holds a body to its announced length: only an unannounced one must be counted.
  if (c.req.header('content-length') !== undefined) return new Uint8Array(await c.req.arrayBuffer());
  const { body } = c.req.raw;
  if (!body) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > bodyLimit) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

/** Throws 415 where the body, if there is one, is not JSON in UTF-8 by its headers. */
export const checkMediaType = (c: Context, { length }: Uint8Array | string): void => {
  const type = c.req.header('content-type');
  const wrongType = type === undefined ? length > 0 : !jsonType.test(type) || otherCharset.test(type);
  if (wrongType || (c.req.header('content-encoding') ?? 'identity') !== 'identity')
    throw new Problem('unsupported-media-type', 'The body must be application/json in UTF-8.', {
      headers: { 'accept-post': 'application/json' },
    });
};

/** The body as text, JSON by its headers. Throws 413, 415, 400. */
export const readJsonText = async (c: Context): Promise<string> => {
  const bytes = await readBytes(c);
  checkMediaType(c, bytes);
  return decode(bytes);
};

/** The body as text, whatever its headers call it. Throws 413, 400. */
export const readText = async (c: Context): Promise<string> => decode(await readBytes(c));

/** Throws 400 for bytes that are no UTF-8. */
const decode = (bytes: Uint8Array): string => {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw malformed('The body is not UTF-8.', { cause });
  }
};
