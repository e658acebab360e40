import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CloudEvent } from '../../eventing/contracts/cloud-event.ts';
import { freshDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import { type TestIdentity, testBase, testIdentity } from '../kit/testing.ts';
import { startTestApp } from './testing.ts';

let database: TestDatabase;
let identity: TestIdentity;
let started: Awaited<ReturnType<typeof startTestApp>>;

beforeAll(async () => {
  [database, identity] = await Promise.all([freshDatabase(), testIdentity()]);
  const base = { ...testBase('consumer'), verify: identity.verify };
  started = await startTestApp({ base, databaseUrl: database.url('consumer') });
});
afterEach(async () => {
  await started.database.sql`delete from consumer.partitions`;
});
afterAll(async () => {
  await started?.close();
  await database?.drop();
});

/** As a KafkaSource sends a record that is no CloudEvent. */
const recordEvent = (topic: string, partition: number, offset: number): CloudEvent => ({
  specversion: '1.0',
  id: `partition:${partition}/offset:${offset}`,
  source: `/apis/v1/namespaces/kagari/kafkasources/consumer#${topic}`,
  type: 'dev.knative.kafka.event',
  subject: `partition:${partition}#${offset}`,
  data: { n: offset },
});

const deliver = async (event: CloudEvent) =>
  (
    await started.app.fetch(
      new Request('http://localhost/_events', {
        method: 'POST',
        headers: { 'content-type': 'application/cloudevents+json' },
        body: JSON.stringify(event),
      }),
    )
  ).status;

const consumed = async () => {
  const authorization = `Bearer ${await identity.token({ role: 'operator' })}`;
  const answer = await started.app.fetch(
    new Request('http://localhost/consumed', { headers: { authorization } }),
  );
  expect(answer.status).toBe(200);
  return answer.json();
};

describe('GET /consumed', () => {
  it('is empty before any record has come', async () => {
    expect(await consumed()).toEqual({ topics: {} });
  });

  it('counts records by topic and partition, whatever their order', async () => {
    for (const [topic, partition, offset] of [
      ['a', 0, 0],
      ['a', 0, 2],
      ['a', 0, 1],
      ['a', 11, 7],
      ['__proto__', 0, 3],
    ] as const)
      expect(await deliver(recordEvent(topic, partition, offset))).toBe(204);
    const proto = Object.fromEntries([['__proto__', { 0: { count: 1, lastOffset: '3' } }]]);
    expect(await consumed()).toEqual({
      topics: { a: { 0: { count: 3, lastOffset: '2' }, 11: { count: 1, lastOffset: '7' } }, ...proto },
    });
  });

  it('counts each record once, however often and at once it is delivered', async () => {
    const events = Array.from({ length: 30 }, (_, i) => recordEvent('once', i % 3, i));
    const statuses = await Promise.all([...events, ...events, ...events].map(deliver));
    expect(new Set(statuses)).toEqual(new Set([204]));
    expect(await consumed()).toEqual({
      topics: {
        once: Object.fromEntries([0, 1, 2].map((p) => [p, { count: 10, lastOffset: String(27 + p) }])),
      },
    });
  });

  it('counts a record that is a CloudEvent itself, where the source says its topic', async () => {
    const event = {
      specversion: '1.0' as const,
      id: 'of-its-own',
      source: '/elsewhere',
      type: 'com.example.thing',
      kafkatopic: 'things',
      knativekafkapartition: '4',
      knativekafkaoffset: '9007199254740993',
    };
    expect(await deliver(event)).toBe(204);
    expect(await deliver(event)).toBe(204);
    expect(await consumed()).toEqual({
      topics: { things: { 4: { count: 1, lastOffset: '9007199254740993' } } },
    });
  });
});

it.each([
  ['an event without a place', { specversion: '1.0', id: '1', source: '/x', type: 'com.example.thing' }],
  ['a source without a topic', { ...recordEvent('t', 0, 0), source: '/apis/v1/namespaces/kagari' }],
  ['an id of another form', { ...recordEvent('t', 0, 0), id: 'partition:x/offset:0' }],
  ['a number beyond any partition', { ...recordEvent('t', 0, 0), id: 'partition:99999999999/offset:0' }],
] as [string, CloudEvent][])('refuses %s for good', async (_, event) => {
  expect(await deliver(event)).toBe(422);
  expect(await consumed()).toEqual({ topics: {} });
});
