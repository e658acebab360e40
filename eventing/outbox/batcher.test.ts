import { expect, test } from 'vitest';
import { type BatcherOptions, createBatcher } from './batcher.ts';

/** Batches that end when the test says so. */
const harness = (options: BatcherOptions = {}) => {
  const batches: { items: number[]; resolve: () => void; reject: (error: Error) => void }[] = [];
  const batcher = createBatcher<number>(
    (items) => new Promise((resolve, reject) => batches.push({ items, resolve, reject })),
    options,
  );
  const sizes = () => batches.map(({ items }) => items);
  return { batcher, batches, sizes };
};
const turn = () => new Promise(setImmediate);

test('what comes in one turn travels together; what comes meanwhile makes the next batch, in order', async () => {
  const { batcher, batches, sizes } = harness();
  const first = [batcher.add(1), batcher.add(2)];
  await turn();
  const second = [batcher.add(3), batcher.add(4)];
  await turn();
  expect(sizes()).toEqual([[1, 2]]);
  batches[0]?.resolve();
  await Promise.all(first);
  await turn();
  expect(sizes()).toEqual([
    [1, 2],
    [3, 4],
  ]);
  batches[1]?.resolve();
  await Promise.all(second);
});

test('a batch that fails fails its own items only', async () => {
  const { batcher, batches } = harness();
  const first = batcher.add(1);
  await turn();
  const second = batcher.add(2);
  batches[0]?.reject(new Error('lost'));
  await expect(first).rejects.toThrow('lost');
  await turn();
  batches[1]?.resolve();
  await second;
});

test('no batch is larger than the largest', async () => {
  const { batcher, batches, sizes } = harness({ largest: 2 });
  const all = Promise.all([1, 2, 3, 4, 5].map(batcher.add));
  for (let n = 0; n < 3; n++) {
    await turn();
    batches[n]?.resolve();
  }
  await all;
  expect(sizes()).toEqual([[1, 2], [3, 4], [5]]);
});

test('idle waits for all that was added', async () => {
  const { batcher, batches } = harness();
  let idle = false;
  const added = batcher.add(1);
  const waiting = batcher.idle().then(() => {
    idle = true;
  });
  await turn();
  expect(idle).toBe(false);
  batches[0]?.resolve();
  await Promise.all([added, waiting]);
  await harness().batcher.idle();
});

test('what nobody waits for is gathered for a time, and goes at once when the batch is full or all must go', async () => {
  const { batcher, batches, sizes } = harness({ largest: 3, gatherMs: 60_000 });
  const first = [batcher.add(1), batcher.add(2)];
  await turn();
  expect(sizes()).toEqual([]);
  first.push(batcher.add(3));
  await turn();
  expect(sizes()).toEqual([[1, 2, 3]]);
  const second = batcher.add(4);
  batches[0]?.resolve();
  await Promise.all(first);
  await turn();
  expect(sizes()).toHaveLength(1);
  const idle = batcher.idle();
  await turn();
  expect(sizes()).toEqual([[1, 2, 3], [4]]);
  batches[1]?.resolve();
  await Promise.all([second, idle]);
});

test('what is gathered goes when its time is over', async () => {
  const { batcher, batches, sizes } = harness({ gatherMs: 30 });
  const added = [batcher.add(1)];
  await turn();
  added.push(batcher.add(2));
  while (batches.length === 0) await turn();
  expect(sizes()).toEqual([[1, 2]]);
  batches[0]?.resolve();
  await Promise.all(added);
});
