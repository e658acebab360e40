import type { IncomingMessage } from 'node:http';
import type { Arrival } from './arrival.ts';

/** RFC 9110 §7.6.1: of one connection only; and what Connection names. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** What a client may not say of itself: the ways it came, Knative's own headers, an event's attributes. */
const forged = /^(?:x-forwarded-|x-real-ip$|forwarded$|k-|knative-|ce-|host$|expect$)/;
/** What outside need not know. */
const inner = /^(?:server$|x-powered-by$|k-|knative-|x-envoy-|access-control-)/;

/** The headers for the function, as pairs in one array: what came, without what concerns the gateway alone. */
export const requestHeaders = (incoming: IncomingMessage, { client, proto }: Arrival): string[] => {
  const kept = filtered(incoming, forged);
  kept.push('x-forwarded-for', client);
  kept.push('x-forwarded-proto', proto);
  if (incoming.headers.host) kept.push('x-forwarded-host', incoming.headers.host);
  return kept;
};

/** The headers for the client: the function's, and those of `more` that it does not say itself. */
export const responseHeaders = (
  answer: IncomingMessage,
  more: Iterable<readonly [string, string]>,
): string[] => {
  const kept = filtered(answer, inner);
  // What is inner was not kept; `vary` may stand twice.
  for (const [name, value] of more)
    if (name === 'vary' || inner.test(name) || answer.headers[name] === undefined) kept.push(name, value);
  return kept;
};

const filtered = (message: IncomingMessage, unwanted: RegExp): string[] => {
  const { rawHeaders } = message;
  const named = message.headers.connection?.toLowerCase().split(/\s*,\s*/);
  const kept: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const lower = name.toLowerCase();
    if (hopByHop.has(lower) || unwanted.test(lower) || named?.includes(lower)) continue;
    kept.push(name, rawHeaders[i + 1] as string);
  }
  return kept;
};
