import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { answerProblem, type Problem, problemBody, problemFields } from '../serving/requests/problem.ts';
import type { Upgrade } from '../serving/requests/tunnel.ts';

export interface Handlers {
  request(request: IncomingMessage, response: ServerResponse): void;
  upgrade(request: IncomingMessage, upgrade: Upgrade): void;
  /** CONNECT; absent: refused. */
  connect?(request: IncomingMessage, upgrade: Upgrade): void;
}

export interface ListenerBounds {
  keepAliveTimeout: number;
  /** A caller that dribbles its head is cut; bodies may stream for as long as the revision waits for them. */
  headersTimeout: number;
  connectionsCheckingInterval: number;
  maxConnections: number;
}

const defaultBounds: ListenerBounds = {
  // As functions do: longer than any client in front keeps its connections (serving#12414).
  keepAliveTimeout: 95_000,
  headersTimeout: 10_000,
  connectionsCheckingInterval: 2_000,
  maxConnections: 10_000,
};

/** An HTTP/1.1 server with the bounds of an ingress; it does not listen yet. */
export const createListener = (handlers: Handlers, { maxConnections, ...bounds } = defaultBounds): Server => {
  const request = whereReadable(handlers.request);
  const server = createServer(
    {
      ...bounds,
      requestTimeout: 0,
      // HTTP/2 by Upgrade is gone from HTTP (RFC 9113, 3.1), yet clients ask: they get an answer in HTTP/1.1.
      shouldUpgradeCallback: ({ headers }: IncomingMessage) =>
        headers.upgrade?.toLowerCase() !== 'h2c' &&
        headers['transfer-encoding'] === undefined &&
        Number(headers['content-length'] ?? 0) === 0,
    },
    request,
  );
  server.maxConnections = maxConnections;
  // With a listener it is the pod that says 100, not this server.
  server.on('checkContinue', request);
  server.on('checkExpectation', (_, response) => refuse(response, unknownExpectation));
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', ignore);
    handlers.upgrade(request, { socket, head });
  });
  server.on('connect', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', ignore);
    if (handlers.connect) handlers.connect(request, { socket, head });
    else writeProblem(socket, noProxy);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (refused.has(socket)) return;
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
    else writeProblem(socket, unreadable[error.code ?? ''] ?? malformed);
  });
  return server;
};

type RequestHandler = Handlers['request'];

/** RFC 9112, 6.1: the parser takes off chunks and nothing else; what is below them would pass for the body. */
const whereReadable =
  (handle: RequestHandler): RequestHandler =>
  (request, response) => {
    const coding = request.headers['transfer-encoding'];
    if (coding === undefined || /^\s*chunked\s*$/i.test(coding)) handle(request, response);
    else refuse(response, unknownCoding);
  };

/** What comes on these after their refusal is no request, and not refused again. */
const refused = new WeakSet<Socket>();

/** And closes, for where the next request would begin is not known. */
const refuse = (response: ServerResponse, problem: Problem): void => {
  if (response.socket) refused.add(response.socket);
  response.shouldKeepAlive = false;
  answerProblem(response, problem);
};

const unknownCoding: Problem = {
  status: 400,
  code: 'malformed',
  title: 'Bad Request',
  detail: 'The only Transfer-Encoding here is chunked.',
};
const unknownExpectation: Problem = {
  status: 417,
  code: 'unknown-expectation',
  title: 'Expectation Failed',
  detail: 'Only 100-continue can be expected here.',
};
const noProxy: Problem = {
  status: 405,
  code: 'method',
  title: 'Method not allowed',
  detail: 'No CONNECT here.',
  allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
};

/** A connection that the server has let go of has nobody else to hear its errors; 'close' follows each. */
const ignore = () => {};

const malformed: Problem = {
  status: 400,
  code: 'malformed',
  title: 'Bad Request',
  detail: 'The request cannot be read as HTTP.',
};

/** What never became a request, by Node's code for it. */
const unreadable: Record<string, Problem> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    code: 'headers-too-large',
    title: 'Request Header Fields Too Large',
    detail: 'The header fields are more than 16 KiB.',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    code: 'request-timeout',
    title: 'Request Timeout',
    detail: 'The header fields did not come in time.',
  },
};

/** Answers on a bare connection, and ends it. */
export const writeProblem = (socket: Socket, problem: Problem): void => {
  const body = problemBody(problem);
  const fields = Object.entries(problemFields(problem, body)).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(
    `HTTP/1.1 ${problem.status} ${problem.title}\r\n${fields.join('')}Connection: close\r\n\r\n${body}`,
  );
};
