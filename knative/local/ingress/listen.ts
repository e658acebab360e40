import type { AddressInfo, Server } from 'node:net';

/** A port that somebody else has, or that this user may not open; the message says how to choose another. */
export class PortBusyError extends Error {
  readonly port: number;
  constructor(port: number, how: string, options: ErrorOptions) {
    super(`port ${port} is in use: choose another with ${how}, or stop what listens there`, options);
    this.name = 'PortBusyError';
    this.port = port;
  }
}

/** Opens the port on 127.0.0.1 and, where the machine has it, on ::1; 0 is any. Answers the port; throws PortBusyError. */
export const listenOnLoopback = async <S extends Server>(
  port: number,
  how: string,
  makeServer: () => S,
): Promise<{ port: number; servers: S[] }> => {
  for (;;) {
    const v4 = makeServer();
    const opened = await open(v4, port, '127.0.0.1').catch((error) => refuse(error, port, how));
    const v6 = makeServer();
    try {
      await open(v6, opened, '::1');
      return { port: opened, servers: [v4, v6] };
    } catch (error) {
      if (isAbsent(error)) return { port: opened, servers: [v4] };
      v4.close();
      if (port !== 0) return refuse(error, port, how);
    }
  }
};

export const open = (server: Server, port: number, host: string): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, exclusive: true }, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });

/** No IPv6 here. */
const isAbsent = (error: unknown): boolean =>
  ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes((error as NodeJS.ErrnoException).code ?? '');

const refuse = (error: unknown, port: number, how: string): never => {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') throw new PortBusyError(port, how, { cause: error });
  if (code === 'EACCES')
    throw new Error(`port ${port} may not be opened by this user: choose one above 1023 with ${how}`, {
      cause: error,
    });
  throw error;
};
