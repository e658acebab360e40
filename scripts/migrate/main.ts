import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { checkDatabase } from '../../db/check-database.ts';
import { functionDatabases } from '../../db/functions.ts';
import { migrate } from '../../db/migrate.ts';
import { ensureTopic } from '../../eventing/log/ensure-topic.ts';
import { createPostgresLog } from '../../eventing/log/postgres.ts';
import { databaseUrl, failStart, parseConfig } from '../../functions/kit/config.ts';
import { loginOf } from '../../knative/local/secrets/role-passwords.ts';
import { retryOutage } from './retry-outage.ts';

// As PID 1 it would hear no signal at all; Postgres rolls back what was not committed.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(1));

const config = parseConfig(
  z.object({
    /** The database as its owner. */
    DATABASE_URL: databaseUrl,
    /** A folder with a file for each function of functionDatabases: the URL of its Secret. */
    FUNCTION_URLS: z.string(),
    /** Topics of the log in the database, by commas: made where none stands, for no source makes them. */
    TOPICS: z
      .string()
      .default('')
      .transform((names) => names.split(',').filter(Boolean)),
  }),
  process.env,
);

const partitions = 10;

const makeTopics = async (): Promise<void> => {
  const log = createPostgresLog({ url: config.DATABASE_URL });
  try {
    for (const topic of config.TOPICS) await ensureTopic(log, topic, { partitions });
  } finally {
    await log.close();
  }
};

/** A user's own login in a Secret stays: then nobody needs to know the role's password. */
const readPassword = async (fn: string): Promise<string> => {
  const url = await readFile(join(config.FUNCTION_URLS, fn), 'utf8').catch(() => {
    throw new Error(`no database URL for ${fn}: is there a Secret ${fn}-db with the key url?`);
  });
  return loginOf(url.trim(), fn)?.password || randomBytes(24).toString('base64url');
};

try {
  const passwords: Record<string, string> = {};
  for (const fn of functionDatabases) passwords[fn] = await readPassword(fn);
  await retryOutage(() => checkDatabase(config.DATABASE_URL), { forMs: 120_000, say: console.log });
  const { applied } = await migrate(config.DATABASE_URL, { passwords });
  console.log(applied.length > 0 ? `applied ${applied.join(' ')}` : 'nothing to apply');
  if (config.TOPICS.length > 0) await makeTopics();
} catch (error) {
  failStart((error as Error).message);
}
