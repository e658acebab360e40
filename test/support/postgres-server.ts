import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { lockHome } from '../../db/postgres/home-lock.ts';
import { type Postgres, startPostgres } from '../../db/postgres/launcher.ts';
import { stopOrphan } from '../../db/postgres/orphan.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    postgresAdminUrl: string;
  }
}

const prefix = 'kagari-test-';
let server: Postgres | undefined;
let home: string | undefined;

/** One server for the whole run; test/support/postgres.ts makes databases on it. */
export async function setup(project: TestProject): Promise<void> {
  await clearLeftovers();
  home = await mkdtemp(join(tmpdir(), prefix));
  // Open to Postgres's own user when root runs the tests.
  await chmod(home, 0o755);
  server = await startPostgres({
    home,
    log: { info: () => {}, warn: (_, message) => console.warn(message) },
    onExit: (exit) => console.error('the test database died', exit),
    // Thrown away at the end: processes are killed in tests, the machine is not.
    settings: { fsync: 'off', full_page_writes: 'off', max_connections: '300' },
  });
  project.provide('postgresAdminUrl', server.adminUrl('postgres'));
}

export async function teardown(): Promise<void> {
  await server?.stop();
  if (home) await rm(home, { recursive: true, force: true });
}

/** Ends the servers of runs that were killed; a run that lives keeps its home locked. */
async function clearLeftovers(): Promise<void> {
  const log = { info: () => {}, warn: () => {} };
  for (const name of (await readdir(tmpdir())).filter((entry) => entry.startsWith(prefix))) {
    const folder = join(tmpdir(), name, 'postgres');
    try {
      // A younger one may be about to take its lock.
      if (Date.now() - (await stat(folder)).ctimeMs < 60_000) continue;
      const unlock = await lockHome(folder);
      await stopOrphan(join(folder, 'data'), log);
      await unlock();
      await rm(join(tmpdir(), name), { recursive: true, force: true });
    } catch {
      // In use.
    }
  }
}
