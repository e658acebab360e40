import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Log } from './log.ts';
import { malformed, Problem } from './problem.ts';
import { answerError, problemDocument } from './problem-response.ts';

export interface App {
  fetch(request: Request, env: object): Response | Promise<Response>;
}

/** Longer than the 90 s for which Knative's queue-proxy keeps its connections, or it meets closed ones (serving#12414). */
const keepAliveMs = 95_000;

/** Node's server in front of an app; what its parser refuses is a problem document too. */
export const createHttpServer = (app: App, log: Log): Server => {
  const server = createServer(
    { keepAliveTimeout: keepAliveMs, headersTimeout: keepAliveMs + 5_000 },
    getRequestListener((request, env) => app.fetch(request, env), {
      errorHandler: (error) =>
        answerError(isRequestError(error) ? malformed('Not a valid request target or host.') : error, log),
    }),
  );
  server.on('clientError', refuseUnreadable);
  return server;
};

const isRequestError = (error: unknown) => error instanceof Error && error.name === 'RequestError';

const unreadable: Record<string, Problem> = {
  HPE_HEADER_OVERFLOW: new Problem('headers-too-large', 'The header fields are larger than 16 KiB.', {
    status: 431,
    title: 'Request header fields too large',
  }),
  ERR_HTTP_REQUEST_TIMEOUT: new Problem('request-timeout', 'The request did not come whole in time.', {
    status: 408,
    title: 'Request timeout',
  }),
};

/** Such a request never becomes one: it is answered on the socket, in the form of all problems. */
const refuseUnreadable = (error: NodeJS.ErrnoException, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = unreadable[error.code ?? ''] ?? malformed('The request cannot be read as HTTP.');
  const body = problemDocument(problem);
  socket.end(
    `HTTP/1.1 ${problem.status} ${problem.title}\r\nContent-Type: application/problem+json\r\n` +
      `Connection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
};
