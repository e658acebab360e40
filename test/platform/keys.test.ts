import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createKubectl } from '../../scripts/deploy/kubectl.ts';
import { createTools } from '../../scripts/deploy/tools.ts';
import { keeperInCluster, keeperInHome } from '../../scripts/keys/keeper.ts';
import { openKube } from '../../scripts/kube.ts';
import { findTool } from '../acceptance/support/tools.ts';
import { newHome, type Platform, removeHome, startPlatform } from '../support/platform.ts';

const kubectl = findTool('KUBECTL', 'kubectl');
if (!kubectl) console.warn('kubectl is not on PATH: kagari keys --context is not tried');
const root = join(import.meta.dirname, '../..');
let platform: Platform;
let home: string;
beforeAll(async () => {
  home = await newHome();
  platform = await startPlatform({ home });
});
afterAll(async () => {
  await platform?.end('SIGTERM');
  await removeHome(home);
});

/** `kagari keys …`; killed after that time, where one is given. */
const keys = async (args: string[], killAfterMs?: number) => {
  const child = spawn(process.execPath, ['scripts/kagari.js', 'keys', ...args, '--home', home], {
    cwd: root,
    env: { PATH: process.env.PATH },
  });
  if (killAfterMs !== undefined) setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { out, err, code };
};

const ask = (path: string, body?: unknown, bearer?: string) =>
  fetch(`${platform.base}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(bearer && { authorization: `Bearer ${bearer}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
const kidOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid;
const publishedKids = async () =>
  ((await (await ask('/auth/.well-known/jwks.json')).json()) as { keys: { kid: string }[] }).keys.map(
    ({ kid }) => kid,
  );

it('4: a rotation under load refuses no token, killed in the middle or not; old and new ones are good', async () => {
  const account = { email: 'keys@example.com', password: 'correct horse battery' };
  expect((await ask('/auth/signup', account)).status).toBe(201);
  const tokens: string[] = [];
  const refusals: string[] = [];
  let asked = 0;
  let running = true;
  const logIn = async () => {
    const response = await ask('/auth/login', account);
    if (response.status !== 200) return refusals.push(`login ${response.status}`);
    return tokens.push(((await response.json()) as { accessToken: string }).accessToken);
  };
  await logIn();
  const [first = ''] = await publishedKids();
  const customers = [0, 1, 2].map(async (i) => {
    while (running) {
      // The newest, the oldest, and one between.
      const token = tokens[[tokens.length - 1, 0, Math.floor(tokens.length / 2)][i] ?? 0];
      for (const path of ['/orders/', '/notifications/', `/payments/status?orderId=${crypto.randomUUID()}`]) {
        const { status } = await ask(path, undefined, token);
        asked++;
        if (![200, 404].includes(status)) refusals.push(`${path} ${status} ${kidOf(token ?? '')}`);
      }
    }
  });
  const logins = (async () => {
    while (running) {
      await logIn();
      await sleep(50);
    }
  })();

  for (const ms of [300, 700, 1_500, 2_500]) await keys(['rotate', '--wait', '3'], ms);
  const { out, err, code } = await keys(['rotate', '--wait', '3']);
  expect([code, err]).toEqual([0, '']);
  const signs = /^(\S+) {3}signs$/m.exec(out)?.[1] ?? '';
  expect(signs).not.toBe('');
  expect(signs).not.toBe(first);
  await expect.poll(() => kidOf(tokens.at(-1) ?? ''), { timeout: 30_000 }).toBe(signs);
  await sleep(1_000);
  running = false;
  await Promise.all([...customers, logins]);

  expect(refusals).toEqual([]);
  expect(asked).toBeGreaterThan(50);
  expect((await publishedKids()).sort()).toEqual(expect.arrayContaining([first, signs]));
  const retired = await keys(['retire']);
  expect([retired.code, retired.out]).toEqual([
    0,
    expect.stringMatching(new RegExp(`^${first} {3}goes after 20`, 'm')),
  ]);
  expect((await ask('/orders/', undefined, tokens[0])).status).toBe(200);
});

it.skipIf(!kubectl)('goes by kubectl where a context is named', async () => {
  const before = await publishedKids();
  const args = ['keys', 'rotate', '--context', 'kagari', '--kubectl', kubectl ?? '', '--wait', '1'];
  const child = spawn(process.execPath, ['scripts/kagari.js', ...args], {
    cwd: root,
    env: { PATH: process.env.PATH, KUBECONFIG: platform.kubeconfig, HOME: home },
  });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  expect([code, err]).toEqual([0, '']);
  const signs = /^(\S+) {3}signs$/m.exec(out)?.[1] ?? '';
  expect(before).not.toContain(signs);
  await expect.poll(publishedKids, { timeout: 30_000 }).toEqual([signs, ...before]);
});

it('a write over what somebody else has written since is none, by the API and by kubectl', async () => {
  const kube = await openKube(home);
  if (!kube) throw new Error('no kubeconfig');
  const env = { PATH: process.env.PATH, KUBECONFIG: platform.kubeconfig, HOME: home };
  const tools = createTools({ env, signal: new AbortController().signal });
  const keepers = [
    keeperInHome(kube),
    ...(kubectl ? [keeperInCluster(createKubectl(tools, [kubectl], 'kagari'))] : []),
  ];
  for (const [i, keeper] of keepers.entries()) {
    const { config } = await keeper.read();
    const mine = { ...config, data: { ...config.data, mine: String(i) } };
    expect(await keeper.write(mine)).toBe(true);
    expect(await keeper.write({ ...mine, data: { ...config.data } })).toBe(false);
    expect((await keeper.read()).config.data?.mine).toBe(String(i));
  }
  kube.close();
});

it('says where there is no platform, and what it takes', async () => {
  const nowhere = spawn(process.execPath, ['scripts/kagari.js', 'keys', 'list', '--home', '/nowhere'], {
    cwd: root,
  });
  const [err, [code]] = await Promise.all([text(nowhere.stderr), once(nowhere, 'exit')]);
  expect([code, err]).toEqual([1, expect.stringMatching(/^error: there is no platform in \/nowhere: .*\n$/)]);
  expect((await keys(['turn'])).err).toMatch(/^error: there is no keys turn: there are rotate, retire, list/);
});
