import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  freePort,
  newHome,
  type Platform,
  processesWith,
  removeHome,
  spawnStart,
  startPlatform,
  waitUntil,
} from '../support/platform.ts';

const json = { 'content-type': 'application/json' };
const statusOf = async (url: string, headers: Record<string, string> = {}) =>
  (await fetch(url, { headers })).status;
const loopback = Object.values(networkInterfaces())
  .flat()
  .flatMap((one) => (one?.internal ? [one] : []));

/** Regular files that a process has open for writing. */
const filesWrittenBy = async (pid: number): Promise<string[]> => {
  const names = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const files = await Promise.all(
    names.map(async (fd) => {
      const [path, info] = await Promise.all([
        readlink(`/proc/${pid}/fd/${fd}`),
        readFile(`/proc/${pid}/fdinfo/${fd}`, 'utf8'),
      ]).catch(() => ['', '']);
      const flags = Number.parseInt(/^flags:\s+(\d+)/m.exec(info)?.[1] ?? '0', 8);
      const isWritten = (flags & 0o3) !== 0;
      return isWritten && path.startsWith('/') && !/^\/(?:dev|proc|memfd:)/.test(path) ? [path] : [];
    }),
  );
  return files.flat();
};

describe('a start as the contract has it', () => {
  let platform: Platform;
  let busy: Server;
  let busyPort: number;
  let second: Platform;
  beforeAll(async () => {
    busy = createServer().listen(0, '127.0.0.1');
    await once(busy, 'listening');
    busyPort = (busy.address() as { port: number }).port;
    [platform, second] = await Promise.all([startPlatform(), startPlatform({ directPort: busyPort })]);
  }, 120_000);
  afterAll(async () => {
    busy?.close();
    for (const one of [platform, second]) {
      await one?.end('SIGTERM');
      if (one) await removeHome(one.home);
    }
  });

  it.skipIf(loopback.every(({ family }) => family !== 'IPv6'))('listens on ::1 as on 127.0.0.1', async () => {
    expect(await statusOf(`http://[::1]:${platform.port}/api/health`)).toBe(200);
    expect(await statusOf(`http://127.0.0.1:${platform.port}/api/health`)).toBe(200);
  });

  it('writes no file outside its home', async () => {
    const { stdout } = await promisify(execFile)('ps', ['-ww', '-eo', 'pid=,args=']);
    const named = stdout.split('\n').filter((line) => line.includes(platform.home));
    const pods = await processesWith((env) => env.some((line) => line.includes(platform.home)));
    const pids = [...new Set([...named.map((line) => Number.parseInt(line, 10)), ...pods])];
    expect(pids.length).toBeGreaterThan(3);
    const written = (await Promise.all(pids.map(filesWrittenBy))).flat();
    expect(written.length).toBeGreaterThan(0);
    expect(written.filter((path) => !path.startsWith(platform.home))).toEqual([]);
  });

  it('keeps the operator’s login where only its owner reads it', async () => {
    const { mode } = await stat(join(platform.home, 'operator.json'));
    expect(mode & 0o777).toBe(0o600);
  });

  it('only warns where the direct port is another’s', async () => {
    expect(second.stderr()).toMatch(new RegExp(`^warning: .*${busyPort}`, 'm'));
    expect(await statusOf(`${second.base}/api/health`)).toBe(200);
  });

  describe('at the direct port', () => {
    const bearer = async (credentials: object) => {
      const login = { method: 'POST', headers: json, body: JSON.stringify(credentials) };
      const { accessToken } = (await (await fetch(`${platform.base}/auth/login`, login)).json()) as {
        accessToken: string;
      };
      return { authorization: `Bearer ${accessToken}` };
    };

    it('api answers at / and at /api, to whom the gateway would let through', async () => {
      const customer = { email: 'direct@example.com', password: 'long enough for this' };
      await fetch(`${platform.base}/auth/signup`, {
        method: 'POST',
        headers: json,
        body: JSON.stringify(customer),
      });
      const operator = JSON.parse(await readFile(join(platform.home, 'operator.json'), 'utf8'));
      const [asCustomer, asOperator] = [await bearer(customer), await bearer(operator)];
      const query = '?topic=messages&limit=1';
      for (const prefix of ['', '/api']) {
        const at = `${platform.directBase}${prefix}`;
        expect(await statusOf(`${at}/health`)).toBe(200);
        expect(await statusOf(`${at}/time`)).toBe(200);
        expect(await statusOf(`${at}/messages${query}`)).toBe(401);
        expect(await statusOf(`${at}/messages${query}`, asCustomer)).toBe(403);
        expect(await statusOf(`${at}/messages${query}`, asOperator)).toBe(200);
        for (const hidden of ['/_events', '/metrics', '/_metrics'])
          expect([hidden, await statusOf(`${at}${hidden}`, asOperator)]).toEqual([hidden, 404]);
      }
    });
  });
});

describe('the environment', () => {
  it('says ports and home where no option does; a direct port of 0 is off', async () => {
    const [home, port, kubePort] = [await newHome(), await freePort(), await freePort()];
    const env = {
      KAGARI_HOME: home,
      KAGARI_PORT: String(port),
      KAGARI_KUBE_PORT: String(kubePort),
      KAGARI_DIRECT_PORT: '0',
    };
    const platform = spawnStart({ env });
    let out = '';
    platform.stdout?.on('data', (chunk) => (out += chunk));
    try {
      await waitUntil('ready', 60_000, () => out.includes('ready: ') || platform.exitCode !== null);
      expect(out).toContain(`ready: http://localhost:${port}\n`);
      const kubeconfig = await readFile(join(home, 'kubeconfig'), 'utf8');
      expect(kubeconfig).toContain(`https://127.0.0.1:${kubePort}`);
      expect(kubeconfig).toMatch(/namespace: kagari/);
      expect(await statusOf(`http://localhost:${port}/api/health`)).toBe(200);
      const ended = once(platform, 'exit');
      platform.kill('SIGINT');
      expect((await ended)[0]).toBe(0);
    } finally {
      platform.kill('SIGKILL');
      await removeHome(home);
    }
  }, 120_000);
});

describe('the demo', () => {
  it('starts no platform: without one it says so in a line, and ends with 1', async () => {
    const env = { PATH: process.env.PATH, KAGARI_PORT: String(await freePort()) };
    const run = promisify(execFile)(process.execPath, ['scripts/demo.ts', '--json'], {
      cwd: join(import.meta.dirname, '../..'),
      env,
    });
    await expect(run).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^error: [^\n]+\n$/),
    });
  });
});
