import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { createStartGate, type StartTicket } from './start-gate.ts';

const never = new AbortController().signal;
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

it('lets no more in than it has places, and the most urgent first', async () => {
  const priority = fc.constantFrom<0 | 1 | 2>(0, 1, 2);
  await fc.assert(
    fc.asyncProperty(
      fc.array(priority, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 3 }),
      async (priorities, places) => {
        const gate = createStartGate(places);
        const inside: { rank: number; leave: () => void }[] = [];
        const order: number[] = [];
        for (const rank of priorities)
          void gate.enter({ priority: rank }, never).then((leave) => {
            order.push(rank);
            inside.push({ rank, leave });
          });
        await settled();
        expect(order).toEqual(priorities.slice(0, places));
        while (order.length < priorities.length || inside.length > 0) {
          expect(inside.length).toBeLessThanOrEqual(places);
          inside.shift()?.leave();
          await settled();
        }
        const later = order.slice(places);
        expect(later).toEqual([...later].sort());
      },
    ),
    { numRuns: 50 },
  );
});

it('lets one that a request now waits for overtake', async () => {
  const gate = createStartGate(1);
  const leave = await gate.enter({ priority: 0 }, never);
  const order: string[] = [];
  const ticket: StartTicket = { priority: 2 };
  void gate.enter({ priority: 1 }, never).then(() => order.push('first'));
  void gate.enter(ticket, never).then(() => order.push('hurried'));
  ticket.priority = 0;
  leave();
  await settled();
  expect(order).toEqual(['hurried']);
});

it('forgets who went away, and takes a place back once', async () => {
  const gate = createStartGate(1);
  const leave = await gate.enter({ priority: 0 }, never);
  const leaving = new AbortController();
  const gone = gate.enter({ priority: 0 }, leaving.signal);
  leaving.abort(new Error('gone'));
  await expect(gone).rejects.toThrow('gone');
  await expect(gate.enter({ priority: 0 }, leaving.signal)).rejects.toThrow('gone');
  leave();
  leave();
  const order: string[] = [];
  for (const name of ['a', 'b']) void gate.enter({ priority: 0 }, never).then(() => order.push(name));
  await settled();
  expect(order).toEqual(['a']);
});

it('gives the place of a slow start to the next: it may wait for that very one', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const gate = createStartGate(1);
  await gate.enter({ priority: 0 }, never);
  const next = gate.enter({ priority: 0 }, never);
  vi.advanceTimersByTime(2_000);
  vi.useRealTimers();
  expect(await next).toBeTypeOf('function');
});
