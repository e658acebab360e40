import { randomBytes } from 'node:crypto';
import postgres, { type Sql } from 'postgres';
import { inject } from 'vitest';
import { functionDatabases, roleName } from '../../db/functions.ts';
import { migrate } from '../../db/migrate.ts';

export interface TestDatabase {
  name: string;
  adminUrl: string;
  /** The login URL of a function's role. */
  url(fn: string): string;
  drop(): Promise<void>;
}

const template = 'template';
const password = 'of-a-test';
const templateLock = 0x6b_61_67_10;

/** A new migrated database: a copy of one that the first caller of the run has migrated, whose roles it shares. */
export async function freshDatabase(): Promise<TestDatabase> {
  return withServer(async (sql) => {
    await ensureTemplate(sql);
    return create(sql, template);
  });
}

/** A new database without anything in it, for tests that migrate it themselves. */
export async function emptyDatabase(): Promise<TestDatabase> {
  return withServer((sql) => create(sql, 'template0'));
}

/** Passwords for every function, as `migrate` takes them; `url` of a test database logs in with them. */
export const testPasswords = Object.fromEntries(functionDatabases.map((fn) => [fn, password]));

async function create(sql: Sql, from: string): Promise<TestDatabase> {
  const name = `t_${randomBytes(6).toString('hex')}`;
  await sql.unsafe(`create database ${name} template ${from}`);
  return {
    name,
    adminUrl: urlTo(name),
    url: (fn) => urlTo(name, roleName(from === template ? template : name, fn)),
    drop: () =>
      withServer((server) => server.unsafe(`drop database if exists ${name} with (force)`).then(() => {})),
  };
}

async function ensureTemplate(sql: Sql): Promise<void> {
  const found = () => sql`select 1 from pg_database where datname = ${template} and datallowconn is false`;
  if ((await found()).length > 0) return;
  await sql`select pg_advisory_lock(${templateLock})`;
  try {
    if ((await found()).length > 0) return;
    await sql.unsafe(`drop database if exists ${template}`);
    await sql.unsafe(`create database ${template} template template0`);
    await migrate(urlTo(template), { passwords: testPasswords });
    // From now on it is only copied: a connection to it would make that fail.
    await sql.unsafe(`alter database ${template} allow_connections false`);
  } finally {
    await sql`select pg_advisory_unlock(${templateLock})`;
  }
}

async function withServer<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
  const sql = postgres(inject('postgresAdminUrl'), { max: 1, onnotice: () => {} });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

function urlTo(database: string, role?: string): string {
  const url = new URL(inject('postgresAdminUrl'));
  url.pathname = `/${database}`;
  if (role) {
    url.username = role;
    url.password = password;
  }
  return url.href;
}
