import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type Postgres, startPostgres } from '../../db/postgres/launcher.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    postgresAdminUrl: string;
  }
}

let server: Postgres | undefined;
let home: string | undefined;

/** One server for the whole run; test/support/postgres.ts makes databases on it. */
export async function setup(project: TestProject): Promise<void> {
  home = await mkdtemp(join(tmpdir(), 'kagari-test-'));
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
