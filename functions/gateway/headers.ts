import type { IncomingMessage } from 'node:http';

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
const inner = /^(?:server$|x-powered-by$|k-|knative-|x-envoy-)/;

/** The headers for the function, as pairs in one array: what came, without what concerns the gateway alone. */
export const requestHeaders = (incoming: IncomingMessage): string[] => {
  const kept = filtered(incoming, forged);
  kept.push('x-forwarded-for', incoming.socket.remoteAddress ?? 'unknown');
  kept.push('x-forwarded-proto', 'http');
  if (incoming.headers.host) kept.push('x-forwarded-host', incoming.headers.host);
  return kept;
};

/** The headers for the client: the function's, and what keeps a browser from making more of the answer than it is. */
export const responseHeaders = (answer: IncomingMessage): string[] => {
  const kept = filtered(answer, inner);
  for (const [name, value] of Object.entries(securityHeaders))
    if (answer.headers[name] === undefined) kept.push(name, value);
  return kept;
};

export const securityHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
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
