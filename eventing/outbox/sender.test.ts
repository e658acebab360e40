import { expect, test } from 'vitest';
import { defaultLimits, type Limits } from './limits.ts';
import type { Outcome } from './post.ts';
import { createSender } from './sender.ts';
import { silent } from './testing/harness.ts';

const rowsOf = (count: number, data: unknown = null) =>
  Array.from({ length: count }, (_, n) => ({
    id: `${n}`,
    event: { specversion: '1.0' as const, id: `${n}`, source: '/s', type: 't', data },
  }));

/** A sender whose posts end when the test says so. */
const harness = (limits: Partial<Limits> = {}) => {
  const posts: { id: string; end: (outcome: Outcome) => void }[] = [];
  const ends: string[] = [];
  const sender = createSender({
    post: (event) => new Promise((resolve) => posts.push({ id: event.id, end: resolve })),
    settle: (row, end) => ends.push(`${row.id} ${end}`),
    limits: { ...defaultLimits, firstBackoffMs: 20, maxBackoffMs: 60, ...limits },
    log: silent,
  });
  return { sender, posts, ends };
};
const eventually = { timeout: 25_000, interval: 5 };
const accepted: Outcome = { kind: 'accepted' };
const failed: Outcome = { kind: 'failed', reason: 'down' };

test('rows beyond what may be in memory are left to the table at once', () => {
  const { sender, posts, ends } = harness({ concurrency: 4, queuedRows: 10 });
  sender.take(rowsOf(100), performance.now());
  expect(posts).toHaveLength(4);
  expect(ends).toHaveLength(100 - 10);
  expect(ends.every((end) => end.endsWith(' left'))).toBe(true);
});

test('bytes in memory are bounded too', () => {
  const { sender, ends } = harness({ concurrency: 1, queuedBytes: 100_000 });
  sender.take(rowsOf(100, 'x'.repeat(10_000)), performance.now());
  expect(ends.length).toBeGreaterThanOrEqual(90);
});

test('no more posts at a time than the limit, and the next starts as one ends', async () => {
  const { sender, posts } = harness({ concurrency: 3 });
  sender.take(rowsOf(5), performance.now());
  expect(posts).toHaveLength(3);
  posts[0]?.end(accepted);
  await expect.poll(() => posts.length, eventually).toBe(4);
});

test('while the sink fails one post a back-off tries it, each time another event, until it recovers', async () => {
  const { sender, posts, ends } = harness({ concurrency: 3 });
  sender.take(rowsOf(6), performance.now());
  for (const { end } of posts.splice(0)) end(failed);
  await expect.poll(() => posts.map(({ id }) => id), eventually).toEqual(['3']);
  expect(sender.failing()).toBe(true);
  posts.splice(0)[0]?.end(failed);
  await expect.poll(() => posts.map(({ id }) => id), eventually).toEqual(['4']);
  posts.splice(0)[0]?.end(accepted);
  await expect.poll(() => posts.map(({ id }) => id), eventually).toEqual(['5', '0', '1']);
  expect(ends).toEqual(['4 accepted']);
  expect(sender.failing()).toBe(false);
});

test('a row goes back to the table after its tries, or when its hold nears its end', async () => {
  const { sender, posts, ends } = harness({ tries: 2 });
  sender.take(rowsOf(1), performance.now());
  posts.splice(0)[0]?.end(failed);
  await expect.poll(() => posts, eventually).toHaveLength(1);
  posts.splice(0)[0]?.end(failed);
  await expect.poll(() => ends, eventually).toEqual(['0 left']);
  sender.take(rowsOf(1), performance.now() - defaultLimits.holdMs);
  await expect.poll(() => ends, eventually).toEqual(['0 left', '0 left']);
  expect(posts).toHaveLength(0);
});

test('draining ends with the first failure and loses no row', async () => {
  const { sender, posts, ends } = harness({ concurrency: 2 });
  sender.take(rowsOf(5), performance.now());
  const drained = sender.drain();
  posts[0]?.end(accepted);
  await expect.poll(() => posts.length, eventually).toBe(3);
  posts[1]?.end(failed);
  posts[2]?.end(failed);
  await drained;
  expect(ends.sort()).toEqual(['0 accepted', '1 left', '2 left', '3 left', '4 left']);
});
