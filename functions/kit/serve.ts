import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Base } from './base.ts';
import type { BaseConfig } from './config.ts';
import { measureRequests } from './measure.ts';
import { malformed, Problem } from './problem.ts';
import { answerError } from './problem-response.ts';

export interface ServeOptions {
  base: Base;
  config: Pick<BaseConfig, 'PORT' | 'HOST'>;
  /** Begun once the port is open; a failure is logged, and is the part's own to mend. */
  start?: readonly (() => unknown)[];
  /** Called in order after the last answer, each bounded. */
  stop?: readonly (() => unknown)[];
}

interface App {
  fetch(request: Request, env: object): Response | Promise<Response>;
}

/** Longer than the 90 s for which Knative's queue-proxy keeps its connections, or it meets closed ones (serving#12414). */
const keepAliveMs = 95_000;
const drainMs = 25_000;
const stopMs = 5_000;

/** Serves until SIGTERM or SIGINT: then not ready, answers what is in flight, stops the parts, exits. */
export const serve = async (
  app: App,
  { base, config, start = [], stop = [] }: ServeOptions,
): Promise<Server> => {
  const { log } = base;
  const server = createServer(
    { keepAliveTimeout: keepAliveMs, headersTimeout: keepAliveMs + 5_000 },
    getRequestListener((request, env) => app.fetch(request, env), {
      errorHandler: (error) =>
        answerError(isRequestError(error) ? malformed('Not a valid request.') : error, log),
    }),
  );
  measureRequests(server, base.metrics);
  server.on('clientError', refuseUnreadable);

  const end = (signal: string) => {
    if (base.life.stopping) return;
    base.life.stopping = true;
    shutDown(signal).then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  const shutDown = async (signal: string) => {
    log.info({ signal }, 'stopping');
    await closeServer(server);
    for (const part of stop) await bounded(part).catch((err) => log.error({ err }, 'a part did not stop'));
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.PORT, config.HOST, resolve);
  });
  const address = server.address();
  log.info({ port: typeof address === 'object' ? address?.port : address }, 'serving');
  for (const part of start)
    Promise.resolve()
      .then(part)
      .catch((err) => log.error({ err }, 'a part did not start'));
  return server;
};

/** Resolves when every answer is out; after drainMs connections are cut. */
const closeServer = async (server: Server): Promise<void> => {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A kept-alive connection that becomes idle after close() would hold the server open until its time-out.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const cut = setTimeout(() => server.closeAllConnections(), drainMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
};

const bounded = async (part: () => unknown): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`still busy after ${stopMs} ms`)), stopMs);
  });
  await Promise.race([Promise.resolve().then(part), late]).finally(() => clearTimeout(timer));
};

const isRequestError = (error: unknown) => error instanceof Error && error.name === 'RequestError';

const parserRefusals: Record<string, [number, string, string]> = {
  HPE_HEADER_OVERFLOW: [431, 'headers-too-large', 'Request header fields too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'request-timeout', 'Request timeout'],
};

/** What Node's parser refuses never becomes a request: answered on the socket, in the form of all problems. */
const refuseUnreadable = (error: NodeJS.ErrnoException, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, code, title] = parserRefusals[error.code ?? ''] ?? [400, 'malformed', 'Malformed request'];
  const problem = new Problem(code, 'The request cannot be read as HTTP.', { status, title });
  const body = JSON.stringify({
    type: `urn:kagari:problem:${code}`,
    title,
    status,
    detail: problem.detail,
    code,
  });
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\nContent-Type: application/problem+json\r\nConnection: close\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
};
