import type { Sql, TransactionSql } from 'postgres';
import { everyFunction, functionDatabases, roleName } from './functions.ts';
import { scramVerifier, verifies } from './scram.ts';

interface Kept {
  fn: string;
  oid: number;
  verifier: string;
}

/**
 * Makes each function's login role, schema and grants where they are missing, and gives a role its password where
 * it has another one. Does nothing at all when nothing is missing.
 */
export async function ensureRoles(
  sql: Sql,
  database: string,
  passwords: Record<string, string>,
): Promise<void> {
  const wanted = await missing(sql, passwords);
  if (wanted.length === 0) return;
  await sql.begin(async (tx) => {
    const group = tx(roleName(database, everyFunction));
    const [found] = await tx`select 1 from pg_roles where rolname = ${roleName(database, everyFunction)}`;
    if (!found) await tx`create role ${group} nologin`;
    for (const { fn, password } of wanted) await makeRole(tx, database, fn, password);
  });
}

async function missing(sql: Sql, passwords: Record<string, string>) {
  const kept = await sql<Kept[]>`
    select kept.fn, kept.oid::bigint::int8 as oid, kept.verifier from migrations.roles kept
    join pg_roles role on role.oid = kept.oid and role.rolcanlogin`;
  const checked = await Promise.all(
    functionDatabases.map(async (fn) => {
      const password = passwords[fn];
      if (!password) throw new Error(`no password for the database role of ${fn}`);
      const known = kept.find((row) => row.fn === fn);
      return { fn, password, done: known !== undefined && (await verifies(known.verifier, password)) };
    }),
  );
  return checked.filter(({ done }) => !done);
}

async function makeRole(tx: TransactionSql, database: string, fn: string, password: string): Promise<void> {
  const name = roleName(database, fn);
  const role = tx(name);
  const schema = tx(fn);
  const verifier = await scramVerifier(password);
  const [found] = await tx`select 1 from pg_roles where rolname = ${name}`;
  // The verifier is base64, $ and colons: it needs no escaping, and utility statements take no parameters.
  await tx`${found ? tx`alter` : tx`create`} role ${role} login password ${tx.unsafe(`'${verifier}'`)}`;
  await tx`grant ${tx(roleName(database, everyFunction))} to ${role}`;
  await tx`grant connect on database ${tx(database)} to ${role}`;
  await tx`create schema if not exists ${schema}`;
  await tx`grant usage on schema ${schema} to ${role}`;
  await tx`grant select, insert, update, delete on all tables in schema ${schema} to ${role}`;
  await tx`grant usage, select on all sequences in schema ${schema} to ${role}`;
  await tx`alter default privileges in schema ${schema} grant select, insert, update, delete on tables to ${role}`;
  await tx`alter default privileges in schema ${schema} grant usage, select on sequences to ${role}`;
  await tx`
    insert into migrations.roles (fn, oid, verifier)
    select ${fn}, oid, ${verifier} from pg_roles where rolname = ${name}
    on conflict (fn) do update set oid = excluded.oid, verifier = excluded.verifier`;
}
