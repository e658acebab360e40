import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import postgres, { type Sql } from 'postgres';
import { everyFunction, functionDatabases, roleName } from './functions.ts';
import { locks } from './locks.ts';
import { ensureRoles } from './roles.ts';

export interface MigrateOptions {
  /** A password for every function of `functionDatabases`. */
  passwords: Record<string, string>;
  /** Where the numbered SQL files stand. */
  folder?: string;
}

interface Migration {
  name: string;
  text: string;
  checksum: string;
}

/**
 * Brings a database to the newest schema: roles, schemas, grants, then each numbered SQL file not applied yet, each in
 * a transaction of its own. Two at once go one after the other. Answers the files applied now.
 */
export async function migrate(adminUrl: string, options: MigrateOptions): Promise<{ applied: string[] }> {
  const sql = postgres(adminUrl, {
    max: 1,
    onnotice: () => {},
    connection: { application_name: 'kagari migrate' },
  });
  try {
    await sql`select pg_advisory_lock(${locks.migration})`;
    const [{ database = '', ready } = {}] = await sql<{ database: string; ready: boolean }[]>`
      select current_database() as database, to_regclass('migrations.roles') is not null as ready`;
    if (!ready) await makeLedger(sql);
    await ensureRoles(sql, database, options.passwords);
    return {
      applied: await applyPending(sql, database, options.folder ?? join(import.meta.dirname, 'migrations')),
    };
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** What the migrator keeps of itself, and the schemas that belong to no function. */
async function makeLedger(sql: Sql): Promise<void> {
  await sql.unsafe(`
    begin;
    create schema if not exists migrations;
    create schema if not exists kagari;
    create schema if not exists events;
    create schema if not exists log;
    create table if not exists migrations.applied (
      name text primary key,
      checksum text not null,
      applied_at timestamptz not null default now()
    );
    create table if not exists migrations.roles (fn text primary key, oid oid not null, verifier text not null);
    commit;
  `);
}

async function applyPending(sql: Sql, database: string, folder: string): Promise<string[]> {
  const migrations = await readMigrations(folder);
  const done = new Map(
    (await sql<Migration[]>`select name, checksum from migrations.applied`).map((row) => [
      row.name,
      row.checksum,
    ]),
  );
  for (const { name, checksum } of migrations) {
    if (done.has(name) && done.get(name) !== checksum) {
      throw new Error(`migration ${name} was changed after it was applied: write a new file instead`);
    }
  }
  const pending = migrations.filter(({ name }) => !done.has(name));
  for (const { name, text, checksum } of pending) {
    try {
      await sql.begin(async (tx) => {
        await tx.unsafe(withRoles(text, database));
        await tx`insert into migrations.applied (name, checksum) values (${name}, ${checksum})`;
      });
    } catch (cause) {
      throw new Error(`migration ${name} failed: ${(cause as Error).message}`, { cause });
    }
  }
  return pending.map(({ name }) => name);
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  const numbers = names.map((name) => /^(\d{4})_[a-z0-9_]+\.sql$/.exec(name)?.[1]);
  const wrong = names.find((_, i) => numbers[i] === undefined || numbers.indexOf(numbers[i]) !== i);
  if (wrong) throw new Error(`migration ${wrong}: a name is 0000_what_it_does.sql, and a number stands once`);
  return Promise.all(
    names.map(async (name) => {
      const text = (await readFile(join(folder, name), 'utf8')).replaceAll('\r\n', '\n');
      return { name, text, checksum: createHash('sha256').update(text).digest('hex') };
    }),
  );
}

/** `:role(orders)` in a file is that function's role, quoted; `:role(functions)` all of them. */
function withRoles(text: string, database: string): string {
  return text.replaceAll(/:role\((\w+)\)/g, (_, fn: string) => {
    if (fn !== everyFunction && !functionDatabases.includes(fn))
      throw new Error(`no function is called ${fn}`);
    return `"${roleName(database, fn).replaceAll('"', '""')}"`;
  });
}
