import type { Base } from '../kit/base.ts';
import { handleAny } from '../kit/events.ts';
import { createFunction } from '../kit/function.ts';
import type { Inbox } from '../kit/inbox.ts';
import { Problem } from '../kit/problem.ts';
import { countRecord } from './count-record.ts';
import { operations } from './operations.ts';
import { placeOf } from './record-place.ts';
import type { Counted, Store } from './store.ts';

export interface Deps {
  base: Base;
  store: Store;
  outbox: Inbox;
}

export const createApp = ({ base, store, outbox }: Deps) => {
  const fn = createFunction(base);

  fn.on(operations.consumed, async ({ c }) => c.json({ topics: byTopic(await store.counted()) }));

  fn.events({
    outbox,
    consumer: 'consumer',
    handlers: [
      handleAny(async ({ event, once }) => {
        const place = placeOf(event);
        if (!place) throw new Problem('no-record', 'The event is no record of a topic.', { status: 422 });
        await once((tx) => countRecord(tx, place));
      }),
    ],
  });

  return fn.app;
};

export type App = ReturnType<typeof createApp>;

const byTopic = (counted: Counted[]) => {
  // Names of topics are others' words: "__proto__" is one.
  const topics = new Map<string, [string, { count: number; lastOffset: string }][]>();
  for (const { topic, partition, count, lastOffset } of counted) {
    const partitions = topics.get(topic) ?? [];
    topics.set(topic, partitions);
    partitions.push([String(partition), { count, lastOffset: String(lastOffset) }]);
  }
  return Object.fromEntries(
    [...topics].map(([topic, partitions]) => [topic, Object.fromEntries(partitions)]),
  );
};
