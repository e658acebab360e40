import { randomInt } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';

/** Below what systems hand to outgoing connections, which could take the port while the server is down. */
const lowest = 20_000;
const highest = 30_000;

/** The port kept in `file` while it is free, else another one, which is kept then. */
export async function keptPort(file: string): Promise<number> {
  const kept = Number(await readFile(file, 'utf8').catch(() => ''));
  if (kept > 0 && kept < 65_536 && (await isFree(kept))) return kept;
  for (let tries = 0; tries < 100; tries++) {
    const port = randomInt(lowest, highest);
    if (!(await isFree(port))) continue;
    await writeFile(file, String(port));
    return port;
  }
  throw new Error(`no free port for Postgres between ${lowest} and ${highest}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
