import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export interface Handlers {
  request: RequestListener;
  upgrade: (req: IncomingMessage, socket: Duplex, head: Buffer) => void;
  connect?: (req: IncomingMessage, socket: Socket, head: Buffer) => void;
}

export interface Listener {
  port: number;
  servers: readonly Server[];
  /** Takes no new connection, lets answers finish for `graceMs`, then cuts. */
  close(graceMs: number): Promise<void>;
}

export class PortBusyError extends Error {
  readonly port: number;
  constructor(port: number, options?: ErrorOptions) {
    super(`port ${port} is in use`, options);
    this.name = 'PortBusyError';
    this.port = port;
  }
}

/** Loopback only: 127.0.0.1 and, where the machine has it, ::1. Throws PortBusyError. */
export const listenOnLoopback = async (port: number, handlers: Handlers): Promise<Listener> => {
  const sockets = new Set<Socket>();
  const first = serve(handlers, sockets);
  await bind(first, port, '127.0.0.1');
  const bound = (first.address() as AddressInfo).port;
  const second = serve(handlers, sockets);
  const servers = [first];
  try {
    await bind(second, bound, '::1');
    servers.push(second);
  } catch (error) {
    if (error instanceof PortBusyError) {
      first.close();
      throw error;
    }
    // No IPv6 on this machine.
  }
  return {
    port: bound,
    servers,
    close: async (graceMs) => {
      const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
      const sweep = setInterval(() => {
        for (const server of servers) server.closeIdleConnections();
      }, 20);
      // Upgraded connections and tunnels are no longer the server's: cut with the rest.
      const cut = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, graceMs);
      await Promise.all(closed);
      clearInterval(sweep);
      clearTimeout(cut);
      for (const socket of sockets) socket.destroy();
    },
  };
};

const serve = ({ request, upgrade, connect }: Handlers, sockets: Set<Socket>): Server => {
  // A request may stream for longer than any bound here: the revision's own timeout ends it.
  const server = createServer(
    { keepAliveTimeout: 95_000, headersTimeout: 20_000, requestTimeout: 0 },
    request,
  );
  server.on('upgrade', upgrade);
  if (connect) server.on('connect', connect);
  server.on('connection', (socket: Socket) => {
    if (sockets.has(socket)) return;
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.once('close', () => sockets.delete(socket));
  });
  return server;
};

const bind = (server: Server, port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE' || error.code === 'EACCES'
          ? new PortBusyError(port, { cause: error })
          : error,
      ),
    );
    server.listen({ port, host, exclusive: true }, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
