import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import postgres, { type Sql } from 'postgres';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Postgres, type PostgresOptions, startPostgres } from './launcher.ts';
import { commandLine, endsWithin } from './process.ts';
import type { ServerExit } from './server.ts';

let root: string;
let home: string;
const running = new Set<Postgres>();
const messages: string[] = [];
const log = {
  info: (_: object, text: string) => messages.push(text),
  warn: (_: object, text: string) => messages.push(text),
};

/** Homes begin as copies of one that was started before, which is quicker than a first start each. */
let template: string;
beforeAll(async () => {
  template = await openFolder();
  await (await startPostgres({ home: template, log })).stop();
  await rm(join(template, 'postgres', 'port'));
}, 60_000);
afterAll(() => rm(template, { recursive: true, force: true }));

beforeEach(async () => {
  root = await openFolder();
  home = join(root, 'a home');
  messages.length = 0;
});
afterEach(async () => {
  for (const server of running) await stop(server);
  await rm(root, { recursive: true, force: true });
});

/** A folder that Postgres's own user can reach when root runs the tests. */
async function openFolder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'kagari-launcher-'));
  await chmod(made, 0o755);
  return made;
}
const copyTo = (place: string) => promisify(execFile)('cp', ['-a', template, place]);
const start = async (options: Partial<PostgresOptions> = {}): Promise<Postgres> => {
  const server = await startPostgres({ home, log, ...options });
  running.add(server);
  return server;
};
const stop = async (server: Postgres) => {
  running.delete(server);
  await server.stop();
};
const using = async <T>(url: string, work: (sql: Sql) => Promise<T>): Promise<T> => {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
};
const write = (url: string) =>
  using(url, (sql) => sql.unsafe('create table if not exists kept (n int); insert into kept values (1)'));
const count = (url: string) =>
  using(url, (sql) => sql`select count(*)::int as n from kept`.then(([row]) => row?.n as number));

test('data, port and password are the same at the next start; nothing is left in between', async () => {
  const first = await start();
  await write(first.adminUrl());
  await stop(first);
  expect(await commandLine(first.pid)).toBeUndefined();
  const second = await start();
  expect(second.adminUrl()).toBe(first.adminUrl());
  expect(await count(first.adminUrl())).toBe(1);
});

test('it listens on 127.0.0.1 only and asks everyone for the password', async () => {
  await copyTo(home);
  const server = await start();
  const rows = await using(
    server.adminUrl(),
    (sql) => sql`
    select name, setting from pg_settings where name in ('listen_addresses', 'unix_socket_directories') order by name`,
  );
  expect(rows.map(({ setting }) => setting)).toEqual(['127.0.0.1', '']);
  const url = new URL(server.adminUrl());
  url.password = '';
  await expect(using(url.href, (sql) => sql`select 1`)).rejects.toThrow(/password/i);
});

test('what was acknowledged is durable', async () => {
  await copyTo(home);
  const server = await start();
  const rows = await using(
    server.adminUrl(),
    (sql) => sql`
    select name, setting from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit')`,
  );
  expect(rows.map(({ setting }) => setting)).toEqual(['on', 'on', 'on']);
});

test('the password is for its owner only, and in no argument, environment or log of the server', async () => {
  const server = await start();
  const file = join(home, 'postgres', 'password');
  const password = await readFile(file, 'utf8');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(password.length).toBeGreaterThanOrEqual(32);
  expect(await commandLine(server.pid)).not.toContain(password);
  expect(await readFile(join(home, 'postgres', 'postgres.log'), 'utf8')).not.toContain(password);
  if (process.platform === 'linux') {
    expect(await readFile(`/proc/${server.pid}/environ`, 'utf8')).not.toContain(password);
  }
  expect((await readdir(dirname(server.dataDir))).filter((name) => name.includes('password'))).toEqual(
    dirname(server.dataDir) === join(home, 'postgres') ? ['password'] : [],
  );
});

test.runIf(process.platform === 'linux')(
  'Ctrl-C at our terminal does not reach it: it has a process group of its own',
  async () => {
    await copyTo(home);
    const { pid } = await start();
    const line = await readFile(`/proc/${pid}/stat`, 'utf8');
    expect(Number(line.slice(line.lastIndexOf(')') + 2).split(' ')[2])).toBe(pid);
  },
);

test('two homes live side by side', async () => {
  await copyTo(home);
  await copyTo(join(root, 'zweites Zuhause – ü'));
  const [one, two] = await Promise.all([start(), start({ home: join(root, 'zweites Zuhause – ü') })]);
  expect(one.port).not.toBe(two.port);
  await write(one.adminUrl());
  await expect(count(two.adminUrl())).rejects.toThrow('does not exist');
});

test('a home that a live process uses is refused, and its server left alone', async () => {
  await copyTo(home);
  const server = await start();
  await expect(start()).rejects.toThrow(
    `${home} is in use by process ${process.pid}: stop it, or name another home with --home`,
  );
  await write(server.adminUrl());
});

test('a kept port that somebody else took is given up for another one', async () => {
  await copyTo(home);
  const first = await start();
  await stop(first);
  const squatter = createServer().listen(first.port, '127.0.0.1');
  await once(squatter, 'listening');
  const second = await start();
  expect(second.port).not.toBe(first.port);
  squatter.close();
});

test('its death is told, and a new start on the same port has all that was committed', async () => {
  await copyTo(home);
  let told: (exit: ServerExit) => void = () => {};
  const death = new Promise<ServerExit>((resolve) => {
    told = resolve;
  });
  const first = await start({ onExit: told });
  running.delete(first);
  for (let n = 0; n < 20; n++) await write(first.adminUrl());
  const busy = postgres(first.adminUrl(), { max: 1, fetch_types: false });
  const sleeping = busy`select pg_sleep(60)`.catch(() => {});
  await using(first.adminUrl(), (sql) => sql`select 1`);
  process.kill(first.pid, 'SIGKILL');
  expect(await death).toEqual({ code: null, signal: 'SIGKILL' });
  const second = await start();
  expect(second.port).toBe(first.port);
  expect(await count(second.adminUrl())).toBe(20);
  await first.stop();
  await sleeping;
  await busy.end({ timeout: 0 });
});

test('a wanted stop is not told as a death', async () => {
  await copyTo(home);
  const exits: ServerExit[] = [];
  await stop(await start({ onExit: (exit) => exits.push(exit) }));
  expect(exits).toEqual([]);
});

test('what a killed launcher left behind is stopped, and its data served', async () => {
  await copyTo(home);
  const launcher = spawn(process.execPath, [join(import.meta.dirname, 'testing/launch.ts'), home], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface(launcher.stdout), 'line');
  const orphan: { url: string; pid: number } = JSON.parse(line);
  await write(orphan.url);
  launcher.kill('SIGKILL');
  await once(launcher, 'exit');
  expect(await commandLine(orphan.pid)).toBeDefined();
  const server = await start();
  expect(server.pid).not.toBe(orphan.pid);
  expect(await endsWithin(orphan.pid, 0)).toBe(true);
  expect(await count(server.adminUrl())).toBe(1);
});

test('a pid of an earlier run that another program has now is neither stopped nor in the way', async () => {
  await copyTo(home);
  const first = await start();
  const file = join(first.dataDir, 'postmaster.pid');
  const text = await readFile(file, 'utf8');
  await stop(first);
  const bystander = spawn('sleep', ['60']);
  await once(bystander, 'spawn');
  await writeFile(file, text.replace(/^\d+/, String(bystander.pid)));
  await start();
  expect(bystander.exitCode ?? bystander.signalCode).toBeNull();
  bystander.kill();
});

test('open connections and transactions do not hold up the stop', async () => {
  await copyTo(home);
  const server = await start();
  const sql = postgres(server.adminUrl(), { max: 2, fetch_types: false });
  const sleeping = sql`select pg_sleep(60)`.then(
    () => 'slept',
    () => 'broken off',
  );
  await sql`select 1`;
  const begun = performance.now();
  await stop(server);
  expect(performance.now() - begun).toBeLessThan(4500);
  expect(await sleeping).toBe('broken off');
  await sql.end({ timeout: 0 });
});

test('a first start that was cut short begins again', async () => {
  await mkdir(join(home, 'postgres', 'data.new-1', 'data', 'base'), { recursive: true });
  await writeFile(join(home, 'postgres', 'data.new-1', 'password'), 'secret');
  await write((await start()).adminUrl());
  expect((await readdir(join(home, 'postgres'))).filter((name) => name.startsWith('data'))).toEqual(['data']);
});

test('a lost password, and data of another major version, say what to do', async () => {
  await copyTo(home);
  const server = await start();
  await stop(server);
  const version = join(server.dataDir, 'PG_VERSION');
  await writeFile(version, '12\n');
  await expect(start()).rejects.toThrow(/was made by Postgres 12, this is \d+: dump it/);
  await writeFile(version, '18\n');
  await rm(join(home, 'postgres', 'password'));
  await expect(start()).rejects.toThrow(/password is gone: put .*password back, or remove/);
});

test.runIf(process.getuid?.() === 0)(
  'as root in a folder that shuts others out, the files go to /var/tmp, which is named, and stay there',
  async () => {
    await chmod(root, 0o700);
    const first = await start();
    const elsewhere = dirname(first.dataDir);
    expect(elsewhere).toMatch(/^\/var\/tmp\/kagari-/);
    expect(messages.join('\n')).toContain(`the database's files are in ${elsewhere}`);
    expect((await stat(elsewhere)).mode & 0o777).toBe(0o700);
    await write(first.adminUrl());
    await stop(first);
    await chmod(root, 0o755);
    const second = await start();
    expect(second.dataDir).toBe(first.dataDir);
    expect(await count(second.adminUrl())).toBe(1);
    await stop(second);
    await rm(elsewhere, { recursive: true });
    await expect(start()).rejects.toThrow(`${elsewhere} are gone`);
  },
);

test.runIf(process.getuid?.() === 0)(
  'as root on the files of a user, Postgres runs as that user',
  async () => {
    await copyTo(home);
    const daemon = { uid: 1, gid: 1 };
    await promisify(execFile)('chown', ['-R', `${daemon.uid}:${daemon.gid}`, join(home, 'postgres', 'data')]);
    const server = await start();
    expect((await stat(join(server.dataDir, 'postmaster.pid'))).uid).toBe(daemon.uid);
  },
);
