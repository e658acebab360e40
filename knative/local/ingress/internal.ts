import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect as connectTo, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { forwardedHeaders } from './headers.ts';
import { hostOf } from './host.ts';
import type { Handlers } from './listen.ts';
import type { Forward, ForwardUpgrade } from './ports.ts';
import { refuse } from './problem.ts';
import type { RouteTable } from './route-table.ts';

export type HostHandler = (req: IncomingMessage, res: ServerResponse) => void;

export interface InternalOptions {
  table: RouteTable;
  forward: Forward;
  upgrade: ForwardUpgrade;
  /** Hosts that the runtime itself answers: the brokers' ingress. */
  hosts: ReadonlyMap<string, HostHandler>;
  /** Hands a tunnel's socket back to the server as a new connection. */
  accept: (socket: Socket) => void;
}

/**
 * The pods' way to cluster-local addresses, and their HTTP_PROXY: origin-form and absolute-form requests and CONNECT.
 * What is no address of ours is passed on to the outside.
 */
export const internalHandlers = (options: InternalOptions): Handlers => {
  const { table, forward, upgrade, hosts, accept } = options;
  const isOurs = (host: string) =>
    hosts.has(host) || table.has(host) || /\.svc(\.cluster\.local)?$/.test(host);

  return {
    request(req, res) {
      const target = absoluteForm(req);
      const host = hostOf(target?.host ?? req.headers.host);
      if (target) {
        if (!isOurs(host)) return passOn(target, req, res);
        req.url = target.pathname + target.search;
        req.headers.host = target.host;
      }
      const own = hosts.get(host);
      if (own) return own(req, res);
      const revision = table.pick(host, 'internal');
      if (revision) forward(revision, req, res, forwardedHeaders(req, { trusted: true }));
      else refuse(res, table.has(host) ? 'not-ready' : 'no-route');
    },

    upgrade(req, socket, head) {
      const revision = table.pick(hostOf(absoluteForm(req)?.host ?? req.headers.host), 'internal');
      if (revision)
        upgrade(revision, req, socket, head, forwardedHeaders(req, { trusted: true, upgrade: true }));
      else socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    },

    connect(req, socket, head) {
      const authority = req.url ?? '';
      if (!isOurs(hostOf(authority))) return tunnelOut(authority, socket, head);
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      if (head.length > 0) socket.unshift(head);
      accept(socket);
    },
  };
};

const absoluteForm = (req: IncomingMessage): URL | undefined =>
  /^https?:\/\//i.test(req.url ?? '') && URL.canParse(req.url ?? '') ? new URL(req.url ?? '') : undefined;

const passOn = (target: URL, req: IncomingMessage, res: ServerResponse): void => {
  const headers = forwardedHeaders(req, { trusted: true }).filter(
    (_, i, all) => !all[i - (i % 2)]?.toLowerCase().startsWith('x-forwarded-'),
  );
  const onward = httpRequest(target, { method: req.method, headers, setHost: false });
  onward.on('response', (answer) => {
    res.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders);
    pipeline(answer, res, () => undefined);
  });
  onward.on('error', () => refuse(res, 'bad-gateway'));
  res.on('close', () => onward.destroy());
  pipeline(req, onward, () => undefined);
};

const tunnelOut = (authority: string, socket: Socket, head: Buffer): void => {
  const { hostname, port } = URL.canParse(`http://${authority}`) ? new URL(`http://${authority}`) : {};
  if (!hostname) {
    socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    return;
  }
  const outside = connectTo(Number(port || 80), hostname.replace(/^\[|\]$/g, ''), () => {
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    outside.write(head);
    pipeline(socket, outside, socket, () => undefined);
  });
  outside.on('error', () => {
    if (outside.connecting || !outside.readyState.startsWith('open'))
      socket.end('HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\n\r\n');
  });
  socket.on('error', () => outside.destroy());
};
