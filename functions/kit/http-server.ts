import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Log } from './log.ts';
import { malformed, Problem } from './problem.ts';
import { answerError, problemDocument } from './problem-response.ts';

export interface App {
  fetch(request: Request, env: object): Response | Promise<Response>;
}

/** Longer than the 90 s for which Knative's queue-proxy keeps its connections, or it meets closed ones (serving#12414). */
const keepAliveMs = 95_000;

/** For all of a request, its body included. */
const requestMs = 60_000;

/** Node's server in front of an app; what its parser refuses is a problem document too. */
export const createHttpServer = (app: App, log: Log): Server => {
  const isHost = createHostCheck();
  const notHttp = () => malformed('Not a valid request target or host.');
  const server = createServer(
    {
      keepAliveTimeout: keepAliveMs,
      requestTimeout: requestMs,
      // Node refuses a request without Host with an empty 400: errorHandler says more.
      requireHostHeader: false,
    },
    whereReadable(
      getRequestListener(
        (request, env) => {
          if (!isHost(env.incoming.headers.host ?? '')) return answerError(notHttp(), log);
          const answer = app.fetch(request, env);
          return request.method === 'HEAD' ? forgetSent(answer, env.outgoing) : answer;
        },
        { errorHandler: (error) => answerError(isRequestError(error) ? notHttp() : error, log) },
      ),
    ),
  );
  server.on('clientError', refuseUnreadable);
  server.on('checkExpectation', (_, outgoing) => refuse(outgoing, unknownExpectation));
  server.on('connect', (_, socket) => refuseOnSocket(socket as Socket, noProxy));
  return server;
};

const unknownExpectation = new Problem('unknown-expectation', 'Only 100-continue can be expected here.', {
  status: 417,
  title: 'Expectation failed',
});
const noProxy = new Problem('method-not-allowed', 'CONNECT is no method of this server.', {
  headers: { allow: 'GET, HEAD, POST' },
});

type Listener = (incoming: IncomingMessage, outgoing: ServerResponse) => unknown;

/** RFC 9112 §6.1: the parser takes off chunks and nothing else; what is below them would pass for the body. */
const whereReadable =
  (listener: Listener): Listener =>
  (incoming, outgoing) => {
    const coding = incoming.headers['transfer-encoding'];
    if (coding === undefined || /^\s*chunked\s*$/i.test(coding)) return listener(incoming, outgoing);
    return refuse(outgoing, malformed('The only Transfer-Encoding here is chunked.'));
  };

/** What comes on these after their refusal is no request, and not refused again. */
const refused = new WeakSet<Socket>();

/** And closes, for where the next request would begin is not known. */
const refuse = (outgoing: ServerResponse, problem: Problem): void => {
  if (outgoing.socket) refused.add(outgoing.socket);
  const body = problemDocument(problem);
  outgoing.writeHead(problem.status, {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
    ...problem.headers,
  });
  outgoing.end(body);
};

/** A host that only looks like one is no URL, which shows in the middle of an answer. */
const createHostCheck = () => {
  let good: string | undefined;
  return (host: string): boolean => {
    if (host === good) return true;
    if (!URL.canParse(`http://${host}`)) return false;
    good = host;
    return true;
  };
};

/** To HEAD Hono makes a new answer and forgets that one is out already, forwarded by the app. */
const forgetSent = async (answer: Response | Promise<Response>, outgoing: object): Promise<Response> => {
  const made = await answer;
  return (outgoing as ServerResponse).headersSent ? RESPONSE_ALREADY_SENT : made;
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
  if (refused.has(socket)) return;
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  refuseOnSocket(socket, unreadable[error.code ?? ''] ?? malformed('The request cannot be read as HTTP.'));
};

const refuseOnSocket = (socket: Socket, problem: Problem): void => {
  const body = problemDocument(problem);
  const headers = Object.entries(problem.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(
    `HTTP/1.1 ${problem.status} ${problem.title}\r\nContent-Type: application/problem+json\r\n` +
      `${headers.join('')}Connection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
};
