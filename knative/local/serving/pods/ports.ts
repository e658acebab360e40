import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/**
 * Below the range from which systems take the ports of outgoing connections: a probe of a port in that range may meet
 * itself, and any connection may take a port between our look and the pod's listen.
 */
const first = 20_000;
const end = 32_000;
const blockSize = 100;

/** Ports for pods on 127.0.0.1. A runtime takes whole blocks and shows it by listening on a block's first port. */
export interface Ports {
  /** A port on which nobody listens and which no other runtime gives out; throws when there is none left. */
  take(): Promise<number>;
  release(port: number): void;
  close(): void;
}

export const createPorts = (): Ports => {
  const claims: Server[] = [];
  const blocks: number[] = [];
  const taken = new Set<number>();
  let next = 0;

  const claimBlock = async (): Promise<void> => {
    const count = (end - first) / blockSize;
    const offset = randomInt(count);
    for (let i = 0; i < count; i++) {
      const base = first + ((offset + i) % count) * blockSize;
      if (blocks.includes(base)) continue;
      const claim = await listen(base);
      if (!claim) continue;
      claim.unref();
      claims.push(claim);
      blocks.push(base);
      return;
    }
    throw new Error(`no port is left between ${first} and ${end}: stop another runtime`);
  };

  /** Goes round, so that a port rests as long as may be before another pod has it. */
  const candidate = (): number | undefined => {
    const size = blocks.length * (blockSize - 1);
    for (let i = 0; i < size; i++) {
      const at = (next + i) % size;
      const port = (blocks[Math.floor(at / (blockSize - 1))] ?? 0) + 1 + (at % (blockSize - 1));
      if (taken.has(port)) continue;
      next = at + 1;
      return port;
    }
    return undefined;
  };

  return {
    async take() {
      for (let tries = 0; tries < 3 * blockSize; tries++) {
        const port = candidate();
        if (port === undefined) {
          await claimBlock();
          continue;
        }
        taken.add(port);
        const trial = await listen(port);
        if (trial) {
          trial.close();
          await once(trial, 'close');
          return port;
        }
        taken.delete(port);
      }
      throw new Error('no free port was found');
    },
    release: (port) => void taken.delete(port),
    close() {
      for (const claim of claims) claim.close();
    },
  };
};

const listen = (port: number): Promise<Server | undefined> =>
  new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server));
  });
