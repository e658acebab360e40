import type { Server } from 'node:http';
import type { Socket } from 'node:net';

const sweepMs = 20;

/** Stops listening; resolves when every connection has ended, which is at the latest after the bound. */
export const closeServers = async (
  servers: readonly Server[],
  tunnels: ReadonlySet<Socket>,
  boundMs: number,
): Promise<void> => {
  const closed = Promise.all(
    servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))),
  );
  // A connection that becomes idle later would stay open until its time-out.
  const sweep = setInterval(() => {
    for (const server of servers) server.closeIdleConnections();
  }, sweepMs);
  const cut = setTimeout(() => {
    for (const server of servers) server.closeAllConnections();
    for (const socket of tunnels) socket.destroy();
  }, boundMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
};
