import { request } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { aBroker } from './objects.fixture.ts';
import { openWorld, type World } from './world.fixture.ts';

let database: TestDatabase;
let world: World;

beforeAll(async () => {
  database = await freshDatabase();
  world = await openWorld(database.adminUrl);
  await world.store.create(aBroker('default'));
  await world.eventing.settled();
});

afterAll(async () => {
  await world.close();
  await database.drop();
});

const attributes = { 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': '/test', 'ce-type': 'shop.test' };

it('takes an event whose body comes bit by bit', async () => {
  const answer = await post('/shop/default?x=1', attributes, ['a', 'b', 'c']);
  expect(answer).toEqual({ status: 202, body: '' });
});

it('answers 413 to a body without an end, reads no more of it, and lets the connection go', async () => {
  const chunk = 'x'.repeat(65_536);
  const answer = await post(
    '/shop/default',
    attributes,
    Array.from({ length: 64 }, () => chunk),
    16,
  );
  expect(answer).toMatchObject({ status: 413, body: expect.stringContaining('at most') });
});

it('says why it refuses', async () => {
  expect(await post('/shop/default', {}, ['x'])).toMatchObject({
    status: 400,
    body: expect.stringMatching(/./),
  });
  expect(await post('/', attributes, [])).toMatchObject({
    status: 404,
    body: expect.stringContaining('/NAMESPACE/NAME'),
  });
  const got = await fetch(`${world.base}/shop/default`);
  expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST']);
});

/** Posts chunk by chunk; from chunk `holdAt` on nothing more is sent until the answer is there. */
const post = (
  path: string,
  headers: Record<string, string>,
  chunks: string[],
  holdAt = chunks.length + 1,
): Promise<{ status: number | undefined; body: string }> =>
  new Promise((resolve, reject) => {
    const outgoing = request(`${world.base}${path}`, { method: 'POST', headers, agent: false });
    outgoing.on('response', async (answer) => {
      const body = (await answer.toArray()).join('');
      resolve({ status: answer.statusCode, body });
    });
    outgoing.on('error', reject);
    const write = async () => {
      for (const [index, chunk] of chunks.entries()) {
        if (index > holdAt) return;
        await new Promise((written) => outgoing.write(chunk, written));
      }
      outgoing.end();
    };
    void write();
  });
