import { once } from 'node:events';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';

const tries = 20;

/**
 * Listens on 127.0.0.1 and, where this machine has it, on ::1 at the same port; 0 takes any that is free on both.
 * Answers the port; throws what node says of a port in use.
 */
export const listenOnLoopback = async (
  make: () => Server,
  port: number,
): Promise<{ port: number; servers: Server[] }> => {
  for (let attempt = 1; ; attempt++) {
    const four = make();
    await listen(four, '127.0.0.1', port);
    const taken = (four.address() as AddressInfo).port;
    const six = make();
    try {
      await listen(six, '::1', taken);
      return { port: taken, servers: [four, six] };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT') return { port: taken, servers: [four] };
      four.close();
      await once(four, 'close');
      if (code !== 'EADDRINUSE' || port !== 0 || attempt === tries) throw error;
    }
  }
};

const listen = async (server: Server, host: string, port: number): Promise<void> => {
  server.listen({ host, port, exclusive: true });
  await once(server, 'listening');
};
