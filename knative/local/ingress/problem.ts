import type { ServerResponse } from 'node:http';

export type Refusal = 'no-route' | 'not-ready' | 'bad-gateway' | 'starting';

const refusals = {
  'no-route': { status: 404, title: 'Not found', detail: 'No Service answers at this host.' },
  'not-ready': {
    status: 503,
    title: 'Service unavailable',
    detail: 'The Service at this host has no ready revision.',
  },
  'bad-gateway': { status: 502, title: 'Bad gateway', detail: 'The host cannot be reached.' },
  starting: { status: 503, title: 'Service unavailable', detail: 'The runtime is starting or stopping.' },
} as const;

/** The ingress's own refusals, as problem details (RFC 9457). */
export const refuse = (res: ServerResponse, code: Refusal): void => {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  const { status, title, detail } = refusals[code];
  const body = JSON.stringify({ type: `urn:kagari:problem:${code}`, title, status, detail, code });
  res.writeHead(status, {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    ...(status === 503 && { 'retry-after': '1' }),
  });
  res.end(body);
};
