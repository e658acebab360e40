import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Consumer } from '../port.ts';
import { bytes, type Harness, textOf, texts } from './harness.ts';

export const describeMembers = (harness: Harness): void => {
  const { eventually, settleMs } = harness;

  describe('members of a group', () => {
    test('share the partitions, and take over those of one that leaves', async () => {
      const { log, topic } = await harness.topic(6);
      const got = { a: new Set<string>(), b: new Set<string>() };
      const other = await harness.client();
      const append = (values: string[]) =>
        log.append(
          topic,
          values.map((value) => ({ key: value, value: bytes(value) })),
        );
      const join = (client: typeof log, name: 'a' | 'b') =>
        harness.subscribe(client, {
          topic,
          group: topic,
          from: 'earliest',
          handle: async (record) => void got[name].add(textOf(record)),
        });
      await join(log, 'a');
      const b = await join(other, 'b');
      let sent = 0;
      await eventually('both to be given something', async () => {
        await append(texts(10, `${sent++}-`));
        await sleep(50);
        return got.a.size > 0 && got.b.size > 0;
      });
      await b.close();
      const before = got.b.size;
      const last = texts(60, 'last-');
      await append(last);
      await eventually('the one that stayed to get all', () => last.every((text) => got.a.has(text)));
      expect(got.b.size).toBe(before);
      expect(new Set([...got.a, ...got.b]).size).toBe(sent * 10 + 60);
    });

    test('a member that closes lets what is in hand finish and commits it', async () => {
      const { log, topic } = await harness.topic(1);
      const handled: string[] = [];
      const subscribe = (handle: (text: string) => Promise<void>): Promise<Consumer> =>
        harness.subscribe(log, {
          topic,
          group: topic,
          from: 'earliest',
          handle: (record) => handle(textOf(record)),
        });
      let begun = 0;
      const consumer = await subscribe(async (text) => {
        begun++;
        await sleep(100);
        handled.push(text);
      });
      await log.append(
        topic,
        texts(5).map((text) => ({ value: bytes(text) })),
      );
      await eventually('all to be in hand', () => begun === 5);
      await consumer.close({ graceMs: 5_000 });
      expect(handled).toEqual(texts(5));
      expect(await log.committed(topic, topic)).toEqual([5n]);
      await log.append(topic, [{ value: bytes('next') }]);
      const next: string[] = [];
      await subscribe(async (text) => void next.push(text));
      await eventually('what came since', () => next.length > 0);
      expect(next).toEqual(['next']);
    });

    test('a member that closes aborts what takes longer than its grace, which comes again', async () => {
      const { log, topic } = await harness.topic(1);
      const begun: string[] = [];
      let aborted = 0;
      const consumer = await harness.subscribe(log, {
        topic,
        group: topic,
        from: 'earliest',
        async handle(record, signal) {
          begun.push(textOf(record));
          if (textOf(record) === 'm0') return;
          const gone = Promise.withResolvers<never>();
          signal.addEventListener('abort', () => {
            aborted++;
            gone.reject(signal.reason);
          });
          await gone.promise;
        },
      });
      await log.append(
        topic,
        texts(3).map((text) => ({ value: bytes(text) })),
      );
      await eventually('all to be in hand', () => begun.length === 3);
      await consumer.close({ graceMs: 50 });
      expect(aborted).toBe(2);
      expect(await log.committed(topic, topic)).toEqual([1n]);
      const next: string[] = [];
      await harness.subscribe(log, {
        topic,
        group: topic,
        handle: async (record) => void next.push(textOf(record)),
      });
      await eventually('what was not done', () => next.length >= 2);
      expect(next).toEqual(['m1', 'm2']);
    });

    test('a member that is killed between reading and committing loses nothing', async () => {
      const { log, topic } = await harness.topic(4);
      const remote = await harness.remote({ topic, group: topic, from: 'earliest', hold: true });
      await log.append(
        topic,
        texts(40).map((text) => ({ key: text, value: bytes(text) })),
      );
      await eventually('records in its hands', () => remote.handled.length > 0);
      remote.signal('SIGKILL');
      const got = new Set<string>();
      await harness.subscribe(log, {
        topic,
        group: topic,
        handle: async (record) => void got.add(textOf(record)),
      });
      await eventually('all records', () => got.size === 40);
      expect([...remote.handled].every((text) => got.has(text))).toBe(true);
    });

    test('a group whose first member dies before it is done with anything still starts where it said', async () => {
      const { log, topic } = await harness.topic(1);
      const remote = await harness.remote({ topic, group: topic, from: 'latest', hold: true });
      await log.append(topic, [{ value: bytes('first') }]);
      await eventually('the record in its hands', () => remote.handled.length > 0);
      remote.signal('SIGKILL');
      await log.append(topic, [{ value: bytes('second') }]);
      const got: string[] = [];
      await harness.subscribe(log, {
        topic,
        group: topic,
        handle: async (record) => void got.push(textOf(record)),
      });
      await eventually('both records', () => got.length >= 2);
      expect(got).toEqual(['first', 'second']);
    });

    test('a member that was stopped, lost its partitions and goes on cannot commit', async () => {
      const { log, topic } = await harness.topic(1);
      const zombie = await harness.remote({ topic, group: topic, from: 'earliest', hold: true });
      await log.append(topic, [{ value: bytes('m0') }]);
      await eventually('the record in its hands', () => zombie.handled.length > 0);
      zombie.signal('SIGSTOP');
      const held = Promise.withResolvers<void>();
      let heir = 0;
      await harness.subscribe(log, {
        topic,
        group: topic,
        async handle() {
          heir++;
          await held.promise;
        },
      });
      await eventually('the record to come to another', () => heir > 0);
      zombie.release();
      zombie.signal('SIGCONT');
      await sleep(5 * settleMs);
      expect(await log.committed(topic, topic)).toEqual([0n]);
      held.resolve();
      await eventually('the commit of the other', async () => (await log.committed(topic, topic))[0] === 1n);
    });

    test('nothing is lost while members come and go under concurrent producers', async () => {
      const { log, topic } = await harness.topic(5);
      await log.startGroup(topic, topic, 'earliest');
      const clients = [log, await harness.client(), await harness.client()];
      const got = new Set<string>();
      const sent: string[] = [];
      let producing = true;
      const produce = async (name: string) => {
        for (let i = 0; producing; i++) {
          const text = `${name}-${i}`;
          await log.append(topic, [{ key: `k${i % 20}`, value: bytes(text) }]);
          sent.push(text);
          await sleep(1);
        }
      };
      const producers = ['p', 'q', 'r'].map(produce);
      for (let round = 0; round < 3; round++) {
        const members = [];
        for (const client of clients)
          members.push(
            await harness.subscribe(client, {
              topic,
              group: topic,
              async handle(record) {
                await sleep(Number(record.offset % 5n));
                got.add(textOf(record));
              },
            }),
          );
        const before = got.size;
        await eventually('records to flow', () => got.size > before + 30);
        for (const member of members) await member.close({ graceMs: round * 20 });
      }
      producing = false;
      await Promise.all(producers);
      await harness.subscribe(log, {
        topic,
        group: topic,
        handle: async (record) => void got.add(textOf(record)),
      });
      await eventually('all that was sent', () => sent.every((text) => got.has(text)));
      await eventually('the end to be committed', async () => {
        const ends = (await log.offsets(topic)).map(({ end }) => end);
        return (await log.committed(topic, topic)).every((offset, p) => offset === ends[p]);
      });
    });
  });
};
