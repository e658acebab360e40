import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestIdentity, testIdentity } from '../../functions/kit/testing.ts';
import { buildImage } from '../../knative/local/build-images.ts';
import { createImageStore } from '../../knative/local/images/store.ts';
import { expectProblem, send } from '../routes/send.ts';
import { freePort, waitUntil } from '../support/platform.ts';
import { freshDatabase, type TestDatabase } from '../support/postgres.ts';

/** One that comes back every half second, and one every minute. */
const limits = { LIMIT_USER: '200/100s', LIMIT_ADDRESS: '200/100s', LIMIT_SIGN_IN: '5/300s' };
/** Leases of two in hand, and credit of one twice, at three pods. */
const slack = 3 * (2 + 2);

let folder: string;
let database: TestDatabase;
let identity: TestIdentity;
let upstream: Server;
let forwarded = 0;
const pods: { url: string; process: ChildProcess }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kagari gateways '));
  [database, identity] = await Promise.all([freshDatabase(), testIdentity()]);
  await writeFile(join(folder, 'jwks.json'), JSON.stringify(identity.keys));
  upstream = createServer((incoming, outgoing) => {
    forwarded++;
    incoming.resume();
    outgoing.end(incoming.headers['x-forwarded-for']);
  }).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  const root = join(import.meta.dirname, '../..');
  const images = createImageStore(folder);
  const { digest } = await buildImage({
    name: 'gateway',
    reference: 'dev.local/gateway:test',
    root,
    home: folder,
    images,
  });
  const image = await images.open(digest);
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  for (let i = 0; i < 3; i++) {
    const port = await freePort();
    const env = {
      PORT: String(port),
      HOST: '127.0.0.1',
      DATABASE_URL: database.url('gateway'),
      JWKS_FILE: join(folder, 'jwks.json'),
      ORDERS_URL: url,
      AUTH_URL: url,
      ...limits,
    };
    const process_ = spawn(process.execPath, [join(image?.folder ?? '', 'main.mjs')], {
      env,
      stdio: 'ignore',
    });
    pods.push({ url: `http://127.0.0.1:${port}`, process: process_ });
  }
  for (const pod of pods)
    await waitUntil('a gateway', 60_000, () =>
      fetch(`${pod.url}/live`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
});
afterAll(async () => {
  for (const pod of pods) pod.process.kill('SIGKILL');
  upstream?.close();
  upstream?.closeAllConnections();
  await database?.drop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

const ask = (pod: number, path: string, headers: Record<string, string>, method = 'GET') =>
  send(pods[pod % 3]!.url, { method, path, headers });

const areShared = async () =>
  (await Promise.all([0, 1, 2].map((pod) => ask(pod, '/health', {})))).every(
    ({ body }) => JSON.parse(body).limits === 'shared',
  );

/** What a measurement says, made again where the machine was too busy for the database to answer a pod in time. */
const whileShared = async <T>(measure: (round: number) => Promise<T>): Promise<T> => {
  for (let round = 0; ; round++) {
    await waitUntil('shared limits', 60_000, areShared);
    const measured = await measure(round);
    if ((await areShared()) || round === 9) return measured;
  }
};

it('14: three gateways together let no more requests of a user pass than the limit says', async () => {
  const bearer = async (sub: string) => ({ authorization: `Bearer ${await identity.token({ sub })}` });
  const [me, other] = ['1', '2'].map(
    (n) => (round: number) => bearer(`01890a5d-ac96-774b-bcce-b302099a8${n}0${round}`),
  );
  const { answers, reached, ms, round } = await whileShared(async (round) => {
    const [began, before, mine] = [Date.now(), forwarded, await me!(round)];
    const answers = [];
    for (let i = 0; i < 100; i++)
      answers.push(...(await Promise.all([0, 1, 2, 3].map((pod) => ask(pod + i, '/orders/', mine)))));
    return { answers, reached: forwarded - before, ms: Date.now() - began, round };
  });
  const passed = answers.filter(({ status }) => status === 200).length;
  expect(passed).toBe(reached);
  expect(passed).toBeLessThanOrEqual(200 + slack + (ms / 1000) * 2 + 1);
  expect(passed).toBeGreaterThanOrEqual(200 - slack);
  const refused = answers.find(({ status }) => status === 429)!;
  expect(expectProblem(refused, 429)).toMatchObject({ code: 'too-many-requests' });
  expect(refused.headers['ratelimit-policy']).toBe('"user";q=200;w=100');
  expect(refused.headers.ratelimit).toMatch(/^"user";r=0;t=\d+$/);
  expect((await ask(0, '/orders/', await other!(round))).status).toBe(200);
});

it('an address is what our own proxy says, and login, sign-up and refresh have a limit of their own', async () => {
  const from = (address: string) => ({ 'x-forwarded-for': `198.51.100.99, ${address}` });
  const { statuses, client } = await whileShared(async (round) => {
    const client = `198.51.100.${round + 10}`;
    const statuses = [];
    for (let i = 0; i < 20; i++) {
      const path = ['/auth/login', '/auth/signup', '/auth/refresh'][i % 3] ?? '';
      statuses.push((await ask(i, path, from(client), 'POST')).status);
    }
    return { statuses, client };
  });
  const passed = statuses.filter((status) => status === 200).length;
  // A lease of one, and credit of one twice, at three pods.
  expect(passed).toBeGreaterThanOrEqual(5);
  expect(passed).toBeLessThanOrEqual(5 + 9);
  expect(statuses.slice(-3)).toEqual([429, 429, 429]);
  expect((await ask(0, '/auth/login', from('198.51.100.2'), 'POST')).body).toBe('198.51.100.2');
  expect((await ask(0, '/auth/.well-known/jwks.json', from(client))).status).toBe(200);
});

it('wrong tokens and paths that are not there count for their address', async () => {
  const { statuses, from } = await whileShared(async (round) => {
    const from = { 'x-forwarded-for': `198.51.100.${round + 30}` };
    const wrong = { ...from, authorization: 'Bearer wrong' };
    const statuses = new Set<number>();
    for (let i = 0; i < 80; i++)
      for (const { status } of await Promise.all([
        ask(i, '/orders/', wrong),
        ask(i + 1, '/no/such/thing', from),
        ask(i + 2, '/openapi.json', from),
      ]))
        statuses.add(status);
    return { statuses, from };
  });
  expect(statuses).toEqual(new Set([401, 404, 200, 429]));
  for (const path of ['/live', '/health']) expect((await ask(0, path, from)).status).toBe(200);
});

it('what it says of its limits is in the document, and health tells whether they are shared', async () => {
  const document = JSON.parse((await ask(0, '/openapi.json', { 'x-forwarded-for': '198.51.100.4' })).body);
  expect(document.components.responses[429].description).toContain('200 in 100 s of a user');
  expect(JSON.parse((await ask(0, '/health', {})).body)).toEqual({
    status: 'ok',
    checks: {},
    limits: 'shared',
  });
});
