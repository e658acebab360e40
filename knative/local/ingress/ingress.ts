import { directHandlers, externalHandlers } from './external.ts';
import { type HostHandler, internalHandlers } from './internal.ts';
import { type Listener, listenOnLoopback, PortBusyError } from './listen.ts';
import { createIngressMetrics, type IngressMetrics } from './metrics.ts';
import type { Forward, ForwardUpgrade } from './ports.ts';
import type { RouteTable } from './route-table.ts';

export interface IngressOptions {
  port: number;
  /** 0 is off; a busy one is a warning. */
  directPort: number;
  table: RouteTable;
  forward: Forward;
  upgrade: ForwardUpgrade;
  defaultHost: string;
  hosts: ReadonlyMap<string, HostHandler>;
  log: { warn(fields: object, message: string): void };
}

export interface Ingress {
  /** The internal listener's, for HTTP_PROXY. */
  internalPort: number;
  metrics: IngressMetrics;
  /** Takes nothing more from outside; what is in flight may end within `graceMs`. */
  closeExternal(graceMs: number): Promise<void>;
  closeInternal(graceMs: number): Promise<void>;
}

/** Opens the external, the internal and the direct listener, on loopback. Throws PortBusyError for the external port. */
export const createIngress = async (options: IngressOptions): Promise<Ingress> => {
  const { table, upgrade, hosts, log, port, directPort } = options;
  const metrics = createIngressMetrics();
  const forward: Forward = (key, req, res, headers) => {
    metrics.observe(key, res);
    options.forward(key, req, res, headers);
  };
  const external = { table, forward, upgrade, defaultHost: options.defaultHost };
  const outside: Listener[] = [await listenOnLoopback(port, externalHandlers(external))];
  if (directPort !== 0) {
    try {
      outside.push(await listenOnLoopback(directPort, directHandlers(external)));
    } catch (error) {
      if (!(error instanceof PortBusyError)) throw error;
      log.warn(
        { port: directPort },
        `port ${directPort} is in use: the api function has no port of its own (--direct-port)`,
      );
    }
  }
  const inside: Listener = await listenOnLoopback(
    0,
    internalHandlers({
      table,
      forward,
      upgrade,
      hosts,
      accept: (socket) => inside.servers[0]?.emit('connection', socket),
    }),
  );
  return {
    internalPort: inside.port,
    metrics,
    closeExternal: async (graceMs) => {
      await Promise.all(outside.map((listener) => listener.close(graceMs)));
    },
    closeInternal: (graceMs) => inside.close(graceMs),
  };
};
