import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processEnvironments } from '../../knative/local/serving/pods/process-identity.ts';

export interface Platform {
  base: string;
  directBase: string;
  port: number;
  home: string;
  kubePort: number;
  /** With the admin's token. */
  kubeconfig: string;
  process: ChildProcess;
  /** From spawn to the line `ready:`. */
  readyMs: number;
  stdout(): string;
  stderr(): string;
  /** Pids of the running pods of one function. */
  pods(fn: string): Promise<number[]>;
  postgresPid(): Promise<number>;
  /** Sends the signal to the runtime and waits for its end. */
  end(signal: NodeJS.Signals): Promise<{ code: number | null; ms: number }>;
}

export interface StartSettings {
  home?: string;
  port?: number;
  directPort?: number;
  kubePort?: number;
  args?: string[];
  env?: Record<string, string>;
}

const root = join(import.meta.dirname, '../..');

/** A folder that is no repository's, with a space in its name. */
export const newHome = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'kagari test '));
  // Run by root, Postgres is another user: it must get through.
  await chmod(folder, 0o755);
  return join(folder, '.kagari');
};

/** Runs the start script as npm does and waits for `ready:`; throws with its output where it ends before. */
export const startPlatform = async (settings: StartSettings = {}): Promise<Platform> => {
  const home = settings.home ?? (await newHome());
  const port = settings.port ?? (await freePort());
  const directPort = settings.directPort ?? (await freePort());
  const kubePort = settings.kubePort ?? (await freePort());
  const started = performance.now();
  const child = spawnStart({ ...settings, home, port, directPort, kubePort });
  const output = { out: '', err: '' };
  child.stdout?.on('data', (chunk) => (output.out += chunk));
  child.stderr?.on('data', (chunk) => (output.err += chunk));
  const ready = () => output.out.includes(`ready: http://localhost:${port}\n`);
  await waitUntil('the line ready:', 60_000, () => ready() || child.exitCode !== null);
  if (!ready())
    throw new Error(
      `the platform ended with ${child.exitCode} before it was ready:\n${output.out}${output.err}`,
    );
  const readyMs = performance.now() - started;
  return {
    base: `http://localhost:${port}`,
    directBase: `http://localhost:${directPort}`,
    port,
    home,
    kubePort,
    kubeconfig: join(home, 'kubeconfig'),
    process: child,
    readyMs,
    stdout: () => output.out,
    stderr: () => output.err,
    pods: (fn) =>
      processesWith((env) => env.includes(`K_SERVICE=${fn}`) && env.some((line) => line.includes(home))),
    async postgresPid() {
      const folder = join(home, 'postgres');
      const elsewhere = await readFile(join(folder, 'elsewhere'), 'utf8').catch(() => folder);
      return Number((await readFile(join(elsewhere, 'data/postmaster.pid'), 'utf8')).split('\n')[0]);
    },
    async end(signal) {
      const start = performance.now();
      if (child.exitCode === null && child.signalCode === null) {
        child.kill(signal);
        await once(child, 'exit');
      }
      return { code: child.exitCode, ms: performance.now() - start };
    },
  };
};

/** The start script without waiting for anything. */
export const spawnStart = ({
  home,
  port,
  directPort,
  kubePort,
  args = [],
  env = {},
}: StartSettings): ChildProcess =>
  spawn(
    process.execPath,
    [
      // As `npm start` does.
      '--max-semi-space-size=8',
      'scripts/kagari.js',
      'start',
      ...(port === undefined ? [] : ['--port', String(port)]),
      ...(directPort === undefined ? [] : ['--direct-port', String(directPort)]),
      ...(kubePort === undefined ? [] : ['--kube-port', String(kubePort)]),
      ...(home === undefined ? [] : ['--home', home]),
      ...args,
    ],
    { cwd: root, env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );

/** The embedded database of a home, as its superuser. */
export const databaseOf = async (home: string): Promise<string> => {
  const [password, port] = await Promise.all(
    ['password', 'port'].map((file) => readFile(join(home, 'postgres', file), 'utf8')),
  );
  return `postgres://kagari:${password}@127.0.0.1:${port}/kagari`;
};

/** Pids of the processes of this machine whose environment passes. */
export const processesWith = async (test: (environment: string[]) => boolean): Promise<number[]> => {
  const environments = [...(await processEnvironments())];
  return environments.filter(([, environment]) => test(environment)).map(([pid]) => pid);
};

/** Below the ports of outgoing connections, which could take it before anyone listens, or while a broker is dead. */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const server = createServer().listen(port, '127.0.0.1');
    const free = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!free) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
};

export const waitUntil = async (
  what: string,
  ms: number,
  condition: () => boolean | Promise<boolean>,
): Promise<void> => {
  const deadline = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited ${ms} ms in vain for ${what}`);
    await sleep(20);
  }
};

export const removeHome = (home: string): Promise<void> =>
  rm(join(home, '..'), { recursive: true, force: true });
