import type { IncomingMessage } from 'node:http';

const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'upgrade',
  'expect',
]);

/** Said by the ingress alone: a client's own would be believed. */
const ours = new Set(['forwarded', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host']);

export interface Forwarding {
  /** An upgrade's Connection and Upgrade headers go on to the pod. */
  upgrade?: boolean;
  /** From inside, what an earlier hop has said of the client stands. */
  trusted: boolean;
}

/** The request's headers as a flat list for the next hop (RFC 9110, 7.6.1), with where it came from. */
export const forwardedHeaders = (
  req: IncomingMessage,
  { upgrade = false, trusted }: Forwarding,
): string[] => {
  const { rawHeaders } = req;
  const named = namedByConnection(req);
  const headers: string[] = [];
  let knowsClient = false;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const lower = name.toLowerCase();
    if (ours.has(lower)) {
      if (!trusted) continue;
      knowsClient ||= lower === 'x-forwarded-for';
    }
    if (lower === 'te' && rawHeaders[i + 1]?.trim().toLowerCase() === 'trailers')
      headers.push('te', 'trailers');
    if (hopByHop.has(lower) || named?.has(lower)) continue;
    headers.push(name, rawHeaders[i + 1] as string);
  }
  if (upgrade) headers.push('connection', 'Upgrade', 'upgrade', req.headers.upgrade ?? '');
  if (!knowsClient) {
    headers.push('x-forwarded-for', clientOf(req), 'x-forwarded-proto', 'http');
    if (req.headers.host) headers.push('x-forwarded-host', req.headers.host);
  }
  return headers;
};

const namedByConnection = (req: IncomingMessage): Set<string> | undefined => {
  const { connection } = req.headers;
  if (!connection || connection === 'keep-alive' || connection === 'close') return undefined;
  const names = connection.split(',').map((name) => name.trim().toLowerCase());
  return new Set(
    names.filter((name) => name !== 'host' && name !== 'content-length' && name !== 'transfer-encoding'),
  );
};

const clientOf = ({ socket }: IncomingMessage): string =>
  socket.remoteAddress?.replace(/^::ffff:/, '') ?? 'unknown';
