import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { namespace, openWorld, topic, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld(3);
});
afterAll(() => world.close());

const headers = {
  'ce-specversion': '1.0',
  'ce-type': 't',
  'ce-source': '/s',
  'ce-id': '1',
  'content-type': 'text/plain',
};
const accept = (change: Partial<Parameters<World['broker']['accept']>[0]> = {}) =>
  world.broker.accept({
    namespace,
    broker: 'default',
    method: 'POST',
    headers,
    body: Buffer.from('x'),
    ...change,
  });
const stored = async () => {
  const ends = await world.log.offsets(topic);
  return (await Promise.all(ends.map((_, p) => world.log.read(topic, p, 0n, 1_000)))).flat();
};

test('an event is stored as Knative stores it before it is answered 202', async () => {
  const before = (await stored()).length;
  expect(
    await accept({ headers: { ...headers, 'ce-partitionkey': 'order 1', 'ce-id': 'first' } }),
  ).toMatchObject({ status: 202 });
  const records = await stored();
  expect(records).toHaveLength(before + 1);
  expect(records.find(({ headers }) => headers.ce_id === 'first')).toMatchObject({
    key: 'order 1',
    headers: {
      ce_specversion: '1.0',
      ce_type: 't',
      ce_source: '/s',
      ce_id: 'first',
      ce_partitionkey: 'order 1',
      'content-type': 'text/plain',
    },
    value: Buffer.from('x'),
  });
});

test('an event without partitionkey has no key', async () => {
  await accept({ headers: { ...headers, 'ce-id': 'keyless' } });
  expect((await stored()).find(({ headers }) => headers.ce_id === 'keyless')?.key).toBeNull();
});

test('a structured event is stored in binary mode', async () => {
  const body = JSON.stringify({
    specversion: '1.0',
    id: 'structured',
    source: '/s',
    type: 't',
    data: { a: [1] },
  });
  const answer = await accept({
    headers: { 'content-type': 'application/cloudevents+json' },
    body: Readable.from([Buffer.from(body.slice(0, 20)), Buffer.from(body.slice(20))]),
  });
  expect(answer.status).toBe(202);
  const record = (await stored()).find(({ headers }) => headers.ce_id === 'structured');
  expect(record?.headers['content-type']).toBe('application/json');
  expect(String(record?.value)).toBe('{"a":[1]}');
});

test.each([
  ['another method', { method: 'GET' }, 405],
  ['another method to no broker', { method: 'PUT', broker: 'none' }, 405],
  ['no broker of that name', { broker: 'none' }, 404],
  ['a broker of another namespace', { namespace: 'other' }, 404],
  ['what is no event', { headers: {} }, 400],
  [
    'a batch',
    { headers: { 'content-type': 'application/cloudevents-batch+json' }, body: Buffer.from('[]') },
    400,
  ],
  ['a large body of no event', { headers: {}, body: Buffer.alloc(1_048_577) }, 413],
  [
    'a body announced as too large',
    { headers: { ...headers, 'content-length': '1048577' }, body: Readable.from([]) },
    413,
  ],
  ['data and attributes beyond the limit together', { body: Buffer.alloc(1_048_570) }, 413],
  ['attributes too large for headers', { headers: { ...headers, 'ce-note': 'x'.repeat(8_200) } }, 413],
])('%s is answered %j with %d, and nothing is stored', async (_, change, status) => {
  const before = (await stored()).length;
  expect((await accept(change)).status).toBe(status);
  expect(await stored()).toHaveLength(before);
});

test('405 says what is allowed', async () => {
  expect((await accept({ method: 'GET' })).headers).toEqual({ allow: 'POST' });
});

test('a body is read no further than the greatest event', async () => {
  let chunks = 0;
  async function* endless() {
    for (;;) {
      chunks++;
      yield Buffer.alloc(65_536);
    }
  }
  expect((await accept({ body: endless() })).status).toBe(413);
  expect(chunks).toBe(17);
});

test('a body that breaks off is not stored', async () => {
  const before = (await stored()).length;
  async function* broken() {
    yield Buffer.from('{');
    throw new Error('aborted');
  }
  expect((await accept({ body: broken() })).status).toBe(400);
  expect(await stored()).toHaveLength(before);
});

test('503 while the log is away', async () => {
  const { log, broker } = world.another();
  await broker.addBroker({ namespace, name: 'default' });
  await log.close();
  const answer = await broker.accept({
    namespace,
    broker: 'default',
    method: 'POST',
    headers,
    body: Buffer.of(),
  });
  expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
});

test('a topic that stands keeps its partitions; a broker removed takes its topic along unless it is kept or shared', async () => {
  const { broker, log } = world;
  await log.createTopic('standing', { partitions: 2 });
  await broker.addBroker({ namespace, name: 'one', topic: 'standing', partitions: 7 });
  await broker.addBroker({ namespace, name: 'two', topic: 'standing' });
  const partitions = async () => (await log.topics()).find(({ name }) => name === 'standing')?.partitions;
  expect(await partitions()).toBe(2);
  await broker.removeBroker(namespace, 'one');
  expect(await partitions()).toBe(2);
  expect((await accept({ broker: 'one' })).status).toBe(404);
  await broker.removeBroker(namespace, 'two', { keepTopic: true });
  expect(await partitions()).toBe(2);
  await broker.addBroker({ namespace, name: 'two', topic: 'standing' });
  await broker.removeBroker(namespace, 'two');
  expect(await partitions()).toBeUndefined();
  await broker.addBroker({ namespace, name: 'default-partitions' });
  expect(await log.topics()).toContainEqual({
    name: 'knative-broker-shop-default-partitions',
    partitions: 10,
  });
});
