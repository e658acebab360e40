import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { attemptHeader } from '../../../eventing/broker/attempts.ts';
import { answerProblem, type Problem } from '../serving/requests/problem.ts';
import type { Origin } from '../serving/requests/request-head.ts';
import type { Upgrade } from '../serving/requests/tunnel.ts';
import type { Revisions } from '../serving/revisions.ts';
import { closeServers } from './close.ts';
import { listenOnLoopback, open } from './listen.ts';
import { createListener, writeProblem } from './listener.ts';
import { callerWentAway, createMetrics, type DeliveryAttempt, type IngressMetrics } from './metrics.ts';
import { passOutside, tunnelOutside } from './outside.ts';
import { hostName, type RouteTable, type Served } from './route-table.ts';
import { absoluteTarget, toOriginForm } from './target-form.ts';

export interface IngressOptions {
  table: RouteTable;
  revisions: Pick<Revisions, 'forward' | 'upgrade'>;
  /** Gets the external listener's requests for hosts that match no public one; a host of the table. */
  defaultHost: string;
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface Ingress {
  /** Loopback, any free port; answers its URL. For every host of the table, and as a proxy. */
  listenInternally(): Promise<string>;
  /** 127.0.0.1 and ::1; 0 is any port. Answers the port; throws PortBusyError. */
  listen(port: number): Promise<number>;
  /** As listen, but all requests go to the default service's `/api`. */
  listenDirectly(port: number): Promise<number>;
  /** Answers a host of the internal listener in the runtime itself. */
  handle(host: string, handler: Handler): void;
  readonly metrics: IngressMetrics;
  /** Takes nothing more from outside and resolves when what is in flight has ended, at the latest after the bound. */
  drain(boundMs: number): Promise<void>;
  /** Closes the internal listener, too. */
  close(): Promise<void>;
}

const notFound = (host: string): Problem => ({
  status: 404,
  code: 'not-found',
  title: 'Not Found',
  detail: `No service has the host ${host || '(none)'}.`,
});
/** No problem document: a caller must not take it for a service's own word that something is not there. */
const answerUnknownHost = (response: ServerResponse, host: string): void => {
  response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end(notFound(host).detail);
};
const notReady: Problem = {
  status: 503,
  code: 'not-ready',
  title: 'The service is not ready',
  detail: 'None of its revisions is ready yet.',
  retryAfter: 1,
};
const malformedTarget: Problem = {
  status: 400,
  code: 'malformed',
  title: 'Bad Request',
  detail: 'The request target is no http URL.',
};

/** Without dot segments first, which would lead out of `/api` again. */
const belowApi = (target: string): string => {
  const { pathname, search } = new URL(target.startsWith('/') ? `http://direct${target}` : 'http://direct');
  return /^\/api(\/|$)/.test(pathname) ? pathname + search : `/api${pathname}${search}`;
};

/** Where the request is an event that a Trigger or a source delivers. */
const deliveryOf = ({ headers }: IncomingMessage): DeliveryAttempt | undefined => {
  const [attempt, of] = headers[attemptHeader]?.toString().split('/') ?? [];
  return attempt === undefined ? undefined : { last: attempt === of };
};

/** The listeners of the data plane over one table; nothing listens until it is told to. */
export const createIngress = ({ table, revisions, defaultHost }: IngressOptions): Ingress => {
  const metrics = createMetrics();
  const handlers = new Map<string, Handler>();
  const outer: Server[] = [];
  const inner: Server[] = [];
  const tunnels: Record<Origin, Set<Socket>> = { outside: new Set(), inside: new Set() };

  const track = (socket: Socket, origin: Origin) => {
    tunnels[origin].add(socket);
    socket.once('close', () => tunnels[origin].delete(socket));
  };
  const seconds = (began: number) => (performance.now() - began) / 1000;

  const pass = (
    served: Served | undefined,
    origin: Origin,
    request: IncomingMessage,
    response: ServerResponse,
  ) => {
    if (!served) return answerUnknownHost(response, request.headers.host ?? '');
    const revision = served.choose();
    if (!revision) return answerProblem(response, notReady);
    const began = performance.now();
    const delivery = origin === 'inside' ? deliveryOf(request) : undefined;
    response.on('close', () => {
      const code = response.headersSent ? response.statusCode : callerWentAway;
      metrics.record(revision, code, seconds(began), delivery);
    });
    revisions.forward(revision, request, response, origin);
  };
  const passUpgrade = (
    served: Served | undefined,
    origin: Origin,
    request: IncomingMessage,
    upgrade: Upgrade,
  ) => {
    if (!served) return writeProblem(upgrade.socket, notFound(request.headers.host ?? ''));
    const revision = served.choose();
    if (!revision) return writeProblem(upgrade.socket, notReady);
    const began = performance.now();
    track(upgrade.socket, origin);
    const response = revisions.upgrade(revision, request, upgrade, origin);
    upgrade.socket.once('close', () => {
      const answered = response.headersSent || response.statusCode === 101;
      metrics.record(revision, answered ? response.statusCode : callerWentAway, seconds(began));
    });
  };

  const publicService = (host: string): Served | undefined => {
    const served = table.find(host);
    return served?.public ? served : table.find(defaultHost);
  };
  const isOurs = (host: string) =>
    handlers.has(hostName(host)) ||
    table.find(host) !== undefined ||
    hostName(host).endsWith('.svc.cluster.local');

  /** The outside's request made one in origin form; false where it was refused. */
  const readable = (request: IncomingMessage, refuse: (problem: Problem) => void): boolean => {
    const target = absoluteTarget(request);
    if (target === null) refuse(malformedTarget);
    else if (target) toOriginForm(request, target);
    return target !== null;
  };

  const external = (place: (request: IncomingMessage) => Served | undefined) =>
    createListener({
      request(request, response) {
        if (readable(request, (problem) => answerProblem(response, problem)))
          pass(place(request), 'outside', request, response);
      },
      upgrade(request, upgrade) {
        if (readable(request, (problem) => writeProblem(upgrade.socket, problem)))
          passUpgrade(place(request), 'outside', request, upgrade);
      },
    });

  const makeInternal = (): Server => {
    const server = createListener({
      request(request, response) {
        const target = absoluteTarget(request);
        if (target === null) return answerProblem(response, malformedTarget);
        if (target && !isOurs(target.host)) return passOutside(target, request, response);
        if (target) toOriginForm(request, target);
        const host = request.headers.host ?? '';
        const handler = handlers.get(hostName(host));
        if (handler) handler(request, response);
        else pass(table.find(host), 'inside', request, response);
      },
      upgrade(request, upgrade) {
        if (readable(request, (problem) => writeProblem(upgrade.socket, problem)))
          passUpgrade(table.find(request.headers.host ?? ''), 'inside', request, upgrade);
      },
      connect(request, upgrade) {
        const authority = request.url ?? '';
        if (!URL.canParse(`http://${authority}`)) return writeProblem(upgrade.socket, malformedTarget);
        if (!isOurs(authority)) {
          track(upgrade.socket, 'inside');
          return tunnelOutside(authority, upgrade);
        }
        // The tunnel ends here: what comes through it are requests like any other.
        upgrade.socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        if (upgrade.head.length > 0) upgrade.socket.unshift(upgrade.head);
        server.emit('connection', upgrade.socket);
      },
    });
    return server;
  };

  const openOuter = async (port: number, how: string, makeServer: () => Server): Promise<number> => {
    const opened = await listenOnLoopback(port, how, makeServer);
    outer.push(...opened.servers);
    return opened.port;
  };

  return {
    metrics,
    handle: (host, handler) => void handlers.set(hostName(host), handler),
    async listenInternally() {
      const server = makeInternal();
      const port = await open(server, 0, '127.0.0.1');
      inner.push(server);
      return `http://127.0.0.1:${port}`;
    },
    listen: (port) =>
      openOuter(port, '--port or KAGARI_PORT', () =>
        external(({ headers }) => publicService(headers.host ?? '')),
      ),
    listenDirectly: (port) =>
      openOuter(port, '--direct-port or KAGARI_DIRECT_PORT', () =>
        external((request) => {
          request.url = belowApi(request.url ?? '');
          return table.find(defaultHost);
        }),
      ),
    drain: (boundMs) => closeServers(outer.splice(0), tunnels.outside, boundMs),
    async close() {
      await this.drain(0);
      await closeServers(inner.splice(0), tunnels.inside, 0);
    },
  };
};
