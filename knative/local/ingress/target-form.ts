import type { IncomingMessage } from 'node:http';

/**
 * Where a request in absolute form goes (RFC 9112, 3.2.2); undefined for one in origin form, null where it is no http URL.
 */
export const absoluteTarget = ({ url = '' }: IncomingMessage): URL | undefined | null => {
  if (url.startsWith('/') || url === '*') return undefined;
  const target = URL.canParse(url) ? new URL(url) : undefined;
  return target?.protocol === 'http:' ? target : null;
};

/** Makes it one in origin form; the target's host takes the place of Host. */
export const toOriginForm = (request: IncomingMessage, { host, pathname, search }: URL): void => {
  request.url = pathname + search;
  request.headers.host = host;
  for (let i = 0; i < request.rawHeaders.length; i += 2)
    if (request.rawHeaders[i]?.toLowerCase() === 'host') request.rawHeaders[i + 1] = host;
};
