import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lockDatabase } from '../../db/lock-database.ts';
import { addressOf } from '../../knative/local/known-databases.ts';
import { freshDatabase } from '../../test/support/postgres.ts';
import { openNamers } from './namers.ts';

const digestOf = (digit: string) => `sha256:${digit.repeat(64)}`;
let database: Awaited<ReturnType<typeof freshDatabase>>;

/** A home that knows a database by its address. */
const homeWith = async (...addresses: string[]): Promise<string> => {
  const home = await mkdtemp(join(tmpdir(), 'kagari namers '));
  const known = Object.fromEntries(addresses.map((address) => [address, 'a mark']));
  await writeFile(join(home, 'databases.json'), JSON.stringify(known));
  return home;
};

beforeAll(async () => {
  database = await freshDatabase();
  const sql = postgres(database.adminUrl, { max: 1 });
  const revision = {
    spec: { containers: [{ image: `dev.local/a@${digestOf('a')}` }] },
    status: { containerStatuses: [{ imageDigest: `dev.local/b@${digestOf('b')}` }] },
  };
  await sql`insert into kagari.objects (kind, namespace, name, revision, object)
    values ('Revision.serving.knative.dev', 'kagari', 'a-00001', 1, ${sql.json(revision)})`;
  await sql.end();
});
afterAll(() => database.drop());

it('reads what the Revisions of a given database name', async () => {
  const home = await homeWith(addressOf(database.adminUrl));
  const namers = await openNamers({ home, databaseUrl: database.adminUrl });
  expect((await namers.digests()).sort()).toEqual([digestOf('a'), digestOf('b')]);
  await namers.close();
});

it('holds a given database as a runtime does, until it is closed', async () => {
  const home = await homeWith(addressOf(database.adminUrl));
  const namers = await openNamers({ home, databaseUrl: database.adminUrl });
  const take = () => lockDatabase(database.adminUrl, { patienceMs: 100, onLost: () => {} });
  await expect(take()).rejects.toThrow('another Kagari runs on the database');
  await namers.close();
  await (await take()).release();
});

it('refuses a given database on which a runtime is', async () => {
  const home = await homeWith(addressOf(database.adminUrl));
  const lock = await lockDatabase(database.adminUrl, { onLost: () => {} });
  await expect(openNamers({ home, databaseUrl: database.adminUrl })).rejects.toThrow(
    'nothing was removed: another Kagari runs on the database',
  );
  await lock.release();
});

it('refuses where one of several databases is not given, and lets the others go', async () => {
  const home = await homeWith(addressOf(database.adminUrl), 'postgres://elsewhere:5432/kagari');
  const open = () => openNamers({ home, databaseUrl: database.adminUrl });
  for (const _ of ['first', 'again']) await expect(open()).rejects.toThrow(`nothing was removed: ${home}`);
});

it('finds nobody where no platform ever ran', async () => {
  const namers = await openNamers({ home: await mkdtemp(join(tmpdir(), 'kagari namers ')) });
  expect(await namers.digests()).toEqual([]);
  await namers.close();
});

it('tells a database by where it is, not by who logs in', () => {
  expect(addressOf('postgres://me:secret@db.example.com/shop?sslmode=require')).toBe(
    'postgres://db.example.com:5432/shop',
  );
});
