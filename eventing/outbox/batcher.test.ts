import { expect, test } from 'vitest';
import { createBatcher } from './batcher.ts';

/** Batches that end when the test says so. */
const harness = (largest?: number) => {
  const batches: { items: number[]; resolve: () => void; reject: (error: Error) => void }[] = [];
  const batcher = createBatcher<number>(
    (items) => new Promise((resolve, reject) => batches.push({ items, resolve, reject })),
    largest,
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
  const { batcher, batches, sizes } = harness(2);
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
