import { randomUUID } from 'node:crypto';
import postgres, { type Sql } from 'postgres';
import { functionDatabases, roleName } from './functions.ts';

const oldestVersion = 15;
const answerBoundMs = 3000;

interface Facts {
  database: string;
  role: string;
  version: number;
  encoding: string;
  read_only: boolean;
  may_make_roles: boolean;
  may_make_schemas: boolean;
}

/**
 * Whether a given DATABASE_URL can carry Kagari. Throws one Error with everything that is missing and what to do; its
 * message never holds the URL's password.
 */
export async function checkDatabase(url: string): Promise<void> {
  const sql = connectTo(url);
  const other = connectTo(url);
  try {
    const facts = await readFacts(sql, url);
    const wrong = complaints(facts);
    if (!(await keepsSessions(sql, other))) {
      wrong.push(
        'the URL leads to a pooler that shares sessions between transactions: name the server itself, or a pool in session mode',
      );
    }
    if (wrong.length > 0) throw new Error(`DATABASE_URL: ${wrong.join('; ')}`);
  } finally {
    await Promise.all([sql.end({ timeout: 0 }), other.end({ timeout: 0 })]);
  }
}

function connectTo(url: string): Sql {
  try {
    if (!/^postgres(ql)?:$/.test(new URL(url).protocol)) throw new Error('another protocol');
  } catch {
    throw new Error('DATABASE_URL: not a URL of the form postgres://user:password@host:port/database');
  }
  return postgres(url, {
    max: 1,
    connect_timeout: 5,
    prepare: false,
    onnotice: () => {},
    connection: { application_name: 'kagari check' },
  });
}

async function readFacts(sql: Sql, url: string): Promise<Facts> {
  try {
    const [facts] = await sql<[Facts]>`
      select current_database() as database, current_user::text as role,
        current_setting('server_version_num')::int / 10000 as version,
        current_setting('server_encoding') as encoding,
        current_setting('transaction_read_only')::bool as read_only,
        (select rolsuper or rolcreaterole from pg_roles where rolname = current_user) as may_make_roles,
        has_database_privilege(current_database(), 'CREATE') as may_make_schemas`;
    return facts;
  } catch (cause) {
    const { host, pathname } = new URL(url);
    const reason = (cause as Error).message || (cause as NodeJS.ErrnoException).code;
    throw new Error(`DATABASE_URL: cannot use the database ${pathname.slice(1)} at ${host}: ${reason}`, {
      cause,
    });
  }
}

function complaints(facts: Facts): string[] {
  const { database, role, version } = facts;
  const wrong: string[] = [];
  if (version < oldestVersion)
    wrong.push(`Postgres ${version} is too old: ${oldestVersion} or newer is needed`);
  if (facts.encoding !== 'UTF8') wrong.push(`the database is encoded in ${facts.encoding}: make one in UTF8`);
  if (facts.read_only) wrong.push('the server only reads: name the primary');
  if (!facts.may_make_roles) {
    wrong.push(`the role "${role}" may not make roles: alter role "${role}" createrole`);
  }
  if (!facts.may_make_schemas) {
    wrong.push(
      `the role "${role}" may not make schemas: grant create on database "${database}" to "${role}"`,
    );
  }
  try {
    for (const fn of functionDatabases) roleName(database, fn);
  } catch (error) {
    wrong.push((error as Error).message);
  }
  return wrong;
}

/**
 * Leaves a mark in the session and looks for it while a second connection has a transaction open: a pooler that shares
 * sessions gives that one ours, at the latest when it goes round its servers.
 */
async function keepsSessions(sql: Sql, other: Sql): Promise<boolean> {
  const mark = randomUUID();
  await sql`select set_config('kagari.session', ${mark}, false)`;
  for (let round = 0; round < 4; round++) {
    const kept = await other.begin(async (tx) => {
      await tx`select 1`;
      const found = sql<{ mark: string | null }[]>`select current_setting('kagari.session', true) as mark`;
      return within(
        answerBoundMs,
        found.then(([row]) => row?.mark === mark),
      );
    });
    if (!kept) return false;
  }
  return true;
}

/** False where there is no answer in time: a pool of one that the second connection waits for. */
function within(ms: number, answer: Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
