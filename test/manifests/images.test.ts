import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { functionDatabases, roleName } from '../../db/functions.ts';
import { functionsOf } from '../../knative/local/images/build.ts';
import { emptyDatabase, type TestDatabase } from '../support/postgres.ts';

const root = join(import.meta.dirname, '../..');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kagari images '));
  // As the Dockerfile does.
  await promisify(execFile)(process.execPath, ['scripts/build/images.ts', '--out', folder], { cwd: root });
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The image's entry point, in its folder and with this environment alone; the answer is what it printed. */
const run = async (image: string, env: Record<string, string>, until?: RegExp) => {
  const args = ['--env-file=image.env', 'main.mjs'];
  const child = spawn(process.execPath, args, { cwd: join(folder, image), env });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      printed += chunk;
      if (until?.test(printed)) child.kill('SIGTERM');
    });
  const [code] = await once(child, 'close');
  return { code, printed };
};

describe('the images of a cluster', () => {
  it('are one for each function, and migrate: a bundle and its environment, the gateway with all documents', async () => {
    const names = functionsOf(root);
    expect((await readdir(folder)).sort()).toEqual([...names, 'migrate'].sort());
    for (const name of [...names, 'migrate'])
      expect(await readdir(join(folder, name))).toEqual(expect.arrayContaining(['image.env', 'main.mjs']));
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    expect(await readFile(join(folder, 'hello/image.env'), 'utf8')).toBe(`VERSION="${version}"\n`);
    expect(await readdir(join(folder, 'gateway/openapi'))).toContain('orders.json');
    expect(await readdir(join(folder, 'migrate/migrations'))).toEqual(
      await readdir(join(root, 'db/migrations')),
    );
  });

  it('start by themselves, serve, and end at SIGTERM', async () => {
    const { code, printed } = await run('hello', { PORT: '0' }, /"msg":"serving"/);
    expect(printed).toContain('"msg":"stopping"');
    expect(code).toBe(0);
  });
});

describe('the Job that migrates', () => {
  let database: TestDatabase;
  let urls: string;
  const urlOf = (fn: string) => {
    const url = new URL(database.adminUrl);
    url.username = roleName(database.name, fn);
    url.password = `of-${fn}`;
    return url.href;
  };
  const job = (databaseUrl: string, until?: RegExp) =>
    run('migrate', { DATABASE_URL: databaseUrl, FUNCTION_URLS: urls }, until);
  beforeAll(async () => {
    database = await emptyDatabase();
    urls = join(folder, 'urls of functions');
    await mkdir(urls);
    for (const fn of functionDatabases) await writeFile(join(urls, fn), urlOf(fn));
  });
  afterAll(() => database?.drop());

  it('prepares an empty database for every function, and a second time finds nothing to do', async () => {
    const first = await job(database.adminUrl);
    expect(first).toMatchObject({ code: 0, printed: expect.stringMatching(/^applied 0001_\w+\.sql /) });
    expect(await job(database.adminUrl)).toEqual({ code: 0, printed: 'nothing to apply\n' });
    for (const fn of functionDatabases) {
      const sql = postgres(urlOf(fn), { max: 1 });
      expect(await sql`select current_user::text as user`).toEqual([{ user: roleName(database.name, fn) }]);
      await sql.end();
    }
  });

  it('says which Secret is missing', async () => {
    const [first = ''] = functionDatabases;
    await rm(join(urls, first));
    const { code, printed } = await job(database.adminUrl);
    await writeFile(join(urls, first), urlOf(first));
    expect(code).toBe(1);
    expect(printed).toBe(
      `error: no database URL for ${first}: is there a Secret ${first}-db with the key url?\n`,
    );
  });

  it('takes no wrong password for an outage', async () => {
    const wrong = new URL(database.adminUrl);
    wrong.password = 'not-it';
    const { code, printed } = await job(wrong.href);
    expect(code).toBe(1);
    expect(printed).toMatch(/^error: DATABASE_URL: cannot use the database .*password/);
    expect(printed).not.toContain('not-it');
  });

  it('waits for a database that is not up yet, and ends at SIGTERM', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    server.close();
    const { code, printed } = await job(`postgres://kagari:x@127.0.0.1:${port}/kagari`, /waiting/);
    expect(printed).toMatch(/^waiting: DATABASE_URL: cannot use the database kagari at 127\.0\.0\.1/);
    expect(code).toBe(1);
  });
});
