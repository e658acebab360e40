import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createDeliver, type Deliver } from '../../eventing/broker/deliver.ts';
import { SpecError } from '../../eventing/broker/types.ts';
import { createKafkaLog } from '../../eventing/log/kafka.ts';
import type { EventLog } from '../../eventing/log/port.ts';
import { createPostgresLog } from '../../eventing/log/postgres.ts';
import { createSources } from '../../eventing/source/sources.ts';
import type { SourceDelivery, SourceSpec, Sources } from '../../eventing/source/types.ts';
import { waitUntil } from '../support/platform.ts';
import { freshDatabase, type TestDatabase } from '../support/postgres.ts';
import { type Receiver, startReceiver } from './receiver.ts';

let database: TestDatabase;
let log: EventLog;
let deliver: Deliver;
let sources: Sources;
let sink: Receiver;
let desk: Receiver;
let deliveries: SourceDelivery[];
let errors: { message: string; fields: object }[];
const opened: (() => Promise<unknown>)[] = [];

/** A log and a data plane of their own on the same database, as after a restart. */
const open = () => {
  const own = createPostgresLog({ url: database.adminUrl, pollMs: 200, leaseMs: 2_000 });
  const logger = {
    debug() {},
    info() {},
    warn() {},
    error: (fields: object, message: string) => void errors.push({ fields, message }),
  };
  const openKafka = async (brokers: readonly string[]) => createKafkaLog({ brokers });
  const onDelivery = (one: SourceDelivery) => deliveries.push(one);
  const plane = createSources({ log: own, openKafka, deliver, logger, onDelivery });
  opened.push(async () => {
    await plane.close({ graceMs: 0 });
    await own.close();
  });
  return { log: own, sources: plane };
};

beforeEach(async () => {
  database = await freshDatabase();
  [sink, desk] = await Promise.all([startReceiver(), startReceiver()]);
  deliver = createDeliver();
  deliveries = [];
  errors = [];
  ({ log, sources } = open());
});
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
  deliver.close();
  await Promise.all([sink.close(), desk.close()]);
  await database.drop();
});

const spec = (more: Partial<SourceSpec> = {}): SourceSpec => ({
  namespace: 'shop',
  name: 'in',
  topics: ['messages'],
  partitions: 3,
  group: 'g',
  initialOffset: 'latest',
  consumers: 1,
  ordered: true,
  sink: sink.url,
  extensions: {},
  ...more,
});
const quick = { retry: 2, backoffDelay: 'PT0.01S' };
const append = (topic: string, ...values: string[]) =>
  log.append(
    topic,
    values.map((value) => ({ value: Buffer.from(value) })),
  );
const bodies = (receiver = sink) => receiver.received.map(({ body }) => body.toString());
const until = (what: string, condition: () => boolean | Promise<boolean>) =>
  waitUntil(what, 15_000, condition);
const seen = (...values: string[]) =>
  until(`all of ${values.length} records`, () => values.every((value) => bodies().includes(value)));
const done = (topic = 'messages') =>
  until('all to be committed', async () => {
    const [ends, committed] = await Promise.all([log.offsets(topic), log.committed(topic, 'g')]);
    return ends.every(({ end }, partition) => committed[partition] === end);
  });

describe('a source', () => {
  test('makes the topics that it names, and leaves alone one that stands', async () => {
    await log.createTopic('standing', { partitions: 7 });
    await sources.set(spec({ topics: ['made', 'standing'] }));
    expect(await log.topics()).toEqual([
      { name: 'made', partitions: 3 },
      { name: 'standing', partitions: 7 },
    ]);
  });

  test('delivers every record stored after it was set, with its place, and commits it', async () => {
    await sources.set(spec({ topics: ['a', 'b'], extensions: { team: 'blue' } }));
    await append('a', 'one', 'two');
    await append('b', 'three');
    await seen('one', 'two', 'three');
    const three = sink.received.find(({ body }) => body.toString() === 'three');
    expect(three?.headers).toMatchObject({
      'ce-source': '/apis/v1/namespaces/shop/kafkasources/in#b',
      'ce-type': 'dev.knative.kafka.event',
      'ce-id': expect.stringMatching(/^partition:\d\/offset:0$/),
      'ce-team': 'blue',
      'kn-namespace': 'shop',
    });
    await done('a');
    await done('b');
  });

  test('begins at the earliest or the latest record, as it says, and at neither where its group has been', async () => {
    await log.createTopic('messages', { partitions: 3 });
    await append('messages', 'old');
    await sources.set(spec({ name: 'late', group: 'late' }));
    await sources.set(spec({ initialOffset: 'earliest' }));
    await append('messages', 'new');
    await until('three deliveries', () => sink.received.length === 3);
    const by = (name: string) =>
      sink.received
        .filter(({ headers }) => headers['ce-source']?.includes(`/${name}#`))
        .map(({ body }) => String(body));
    expect([by('late'), by('in').sort()]).toEqual([['new'], ['new', 'old']]);
    await done();
    await sources.close();
    await append('messages', 'between');
    await open().sources.set(spec({ initialOffset: 'latest' }));
    await seen('between');
    expect(bodies().filter((body) => body === 'old')).toHaveLength(1);
  });

  test('ordered, has one record of a partition in hand at a time; unordered, several', async () => {
    let atOnce = 0;
    let most = 0;
    const slow = await startReceiver(async () => {
      most = Math.max(most, ++atOnce);
      await new Promise((resolve) => setTimeout(resolve, 20));
      atOnce--;
      return { status: 204 };
    });
    opened.push(slow.close);
    const values = Array.from({ length: 12 }, (_, i) => String(i));
    await sources.set(spec({ partitions: 1, sink: slow.url }));
    await append('messages', ...values);
    await until('the ordered ones', () => slow.received.length === 12);
    expect([most, bodies(slow)]).toEqual([1, values]);
    await done();
    await sources.set(spec({ partitions: 1, sink: slow.url, ordered: false }));
    await append('messages', ...values);
    await until('the unordered ones', () => slow.received.length === 24);
    expect(most).toBeGreaterThan(1);
  });

  test('with no consumers waits, and misses nothing; with several, each record comes to one', async () => {
    await sources.set(spec({ consumers: 0 }));
    await append('messages', 'waits');
    await sources.set(spec({ consumers: 5 }));
    const values = Array.from({ length: 30 }, (_, i) => `v${i}`);
    await append('messages', ...values);
    await seen('waits', ...values);
    await done();
    expect(bodies().sort()).toEqual(['waits', ...values].sort());
  });

  test('takes whatever a sink answers with 2xx for taken, and appends no reply', async () => {
    const talkative = await startReceiver(() => ({
      status: 200,
      headers: { 'ce-id': '1', 'ce-source': '/r', 'ce-type': 'reply', 'ce-specversion': '1.0' },
      body: 'no event, and none wanted',
    }));
    opened.push(talkative.close);
    await sources.set(spec({ partitions: 1, sink: talkative.url }));
    await append('messages', 'x');
    await done();
    expect(deliveries.map(({ outcome }) => outcome)).toEqual(['delivered']);
    expect((await log.offsets('messages'))[0]?.end).toBe(1n);
  });

  test('tries again by its delivery, and then gives the record to the dead-letter sink with the reason', async () => {
    const failing = await startReceiver(() => ({ status: 503, body: 'not today' }));
    opened.push(failing.close);
    await sources.set(spec({ sink: failing.url, delivery: { ...quick, deadLetterSink: desk.url } }));
    await append('messages', 'x');
    await until('the dead letter', () => desk.received.length === 1);
    expect(failing.received).toHaveLength(3);
    expect(desk.received[0]?.headers).toMatchObject({
      'ce-type': 'dev.knative.kafka.event',
      'ce-knativeerrordest': expect.stringContaining(failing.url),
      'ce-knativeerrorcode': '503',
      'ce-knativeerrordata': Buffer.from('not today').toString('base64').replaceAll('=', '='),
    });
    await done();
    expect(deliveries.map(({ to, outcome }) => `${to} ${outcome}`)).toEqual([
      'subscriber retried',
      'subscriber retried',
      'subscriber failed',
      'dead-letter-sink delivered',
    ]);
  });

  test('goes on after a record that nobody takes, and logs which one', async () => {
    let refused = 0;
    const picky = await startReceiver(({ body }) => ({
      status: body.toString() === 'bad' && ++refused ? 422 : 204,
    }));
    opened.push(picky.close);
    await sources.set(spec({ partitions: 1, sink: picky.url }));
    await append('messages', 'bad', 'good');
    await until('the good one', () => bodies(picky).includes('good'));
    expect(refused).toBe(1);
    expect(errors).toEqual([
      {
        message: expect.stringMatching(/^an event is lost/),
        fields: expect.objectContaining({ event: expect.objectContaining({ id: 'partition:0/offset:0' }) }),
      },
    ]);
  });

  test('is refused by the path of its field, and goes on as it was', async () => {
    await sources.set(spec());
    const bad = { sink: 'nowhere' };
    await expect(sources.set(spec(bad))).rejects.toThrow(SpecError);
    await expect(sources.set(spec({ delivery: { timeout: 'soon' } }))).rejects.toMatchObject({
      path: 'delivery.timeout',
    });
    await append('messages', 'still');
    await seen('still');
  });

  test('removed forgets its offsets; but not those of a group that others are in', async () => {
    await sources.set(spec());
    await sources.set(spec({ name: 'other' }));
    await sources.remove(spec());
    expect(await log.groups()).toEqual(['g']);
    await append('messages', 'to the other');
    await seen('to the other');
    await sources.remove(spec({ name: 'other' }));
    expect(await log.groups()).toEqual([]);
  });
});

test('under any sequence of changes and restarts each record comes at least once, of each topic while it is named', async () => {
  const change = fc.oneof(
    fc.record({
      op: fc.constant('set' as const),
      both: fc.boolean(),
      ordered: fc.boolean(),
      consumers: fc.integer({ min: 0, max: 3 }),
      fails: fc.boolean(),
    }),
    fc.constant({ op: 'restart' as const }),
    fc.record({ op: fc.constant('append' as const), many: fc.integer({ min: 1, max: 5 }) }),
  );
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
      const topics = [`always-${++run}`, `sometimes-${run}`];
      const failed = new Set<string>();
      let flaky = false;
      const receiver = await startReceiver(({ body }) => {
        const value = body.toString();
        if (!flaky || failed.has(value)) return { status: 204 };
        failed.add(value);
        return { status: 503 };
      });
      let plane = open();
      let current = spec({
        group: `g${run}`,
        topics,
        sink: receiver.url,
        delivery: { retry: 5, backoffDelay: 'PT0.01S' },
      });
      await plane.sources.set(current);
      const wanted: string[] = [];
      let n = 0;
      const appendBoth = async (many: number) => {
        for (const topic of topics)
          for (let i = 0; i < many; i++) {
            const value = `${run}:${++n}`;
            wanted.push(value);
            await append(topic, value);
          }
      };
      for (const step of changes) {
        if (step.op === 'append') await appendBoth(step.many);
        else if (step.op === 'restart') {
          await plane.sources.close({ graceMs: 0 });
          plane = open();
          await plane.sources.set(current);
        } else {
          const { both, ordered, consumers } = step;
          flaky = step.fails;
          current = { ...current, ordered, consumers, topics: both ? topics : topics.slice(0, 1) };
          await Promise.all([plane.sources.set(current), appendBoth(2)]);
        }
      }
      // A topic that is named again goes on where it was left.
      await plane.sources.set({ ...current, topics, consumers: 1 });
      await waitUntil('every record', 20_000, () => {
        const got = new Set(bodies(receiver));
        return wanted.every((value) => got.has(value));
      });
      await plane.sources.close({ graceMs: 0 });
      await receiver.close();
    }),
    { numRuns: 12 },
  );
}, 180_000);
