import type { IncomingMessage, ServerResponse } from 'node:http';
import { forwardedHeaders } from './headers.ts';
import { hostOf } from './host.ts';
import type { Handlers } from './listen.ts';
import type { Forward, ForwardUpgrade } from './ports.ts';
import { refuse } from './problem.ts';
import type { RouteTable } from './route-table.ts';

export interface ExternalOptions {
  table: RouteTable;
  forward: Forward;
  upgrade: ForwardUpgrade;
  /** The host whose Service gets what matches no public host. */
  defaultHost: string;
}

/** What the world sees: public Services by their hosts, everything else at the default Service. */
export const externalHandlers = ({ table, forward, upgrade, defaultHost }: ExternalOptions): Handlers => {
  const pick = (host: string) => table.pick(host, 'external') ?? table.pick(defaultHost, 'external');
  return {
    request(req: IncomingMessage, res: ServerResponse) {
      const revision = pick(hostOf(req.headers.host));
      if (revision) forward(revision, req, res, forwardedHeaders(req, { trusted: false }));
      else refuse(res, table.has(defaultHost) ? 'not-ready' : 'no-route');
    },
    upgrade(req, socket, head) {
      const revision = pick(hostOf(req.headers.host));
      if (revision)
        upgrade(revision, req, socket, head, forwardedHeaders(req, { trusted: false, upgrade: true }));
      else socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    },
  };
};

/** The port of the api function by itself: the default Service, everything below `/api`, under the same rules. */
export const directHandlers = (options: ExternalOptions): Handlers => {
  const external = externalHandlers(options);
  const below = (req: IncomingMessage) => {
    const path = req.url ?? '/';
    if (!/^\/api(?=[/?]|$)/.test(path)) req.url = `/api${path.startsWith('/') ? '' : '/'}${path}`;
    delete req.headers.host;
    return req;
  };
  return {
    request: (req, res) => external.request(below(req), res),
    upgrade: (req, socket, head) => external.upgrade(below(req), socket, head),
  };
};
