import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { currentTraceId, inTrace, traceparent } from './trace.ts';

const id = '4bf92f3577b34da6a3ce929d0e0e4736';
const incoming = `00-${id}-00f067aa0ba902b7-00`;

it('goes on in the trace that came in, with a span of its own each time and the flags as they were', async () => {
  await inTrace(incoming, async () => {
    await sleep(1);
    const [one, other] = [traceparent(), traceparent()];
    expect(one).toMatch(new RegExp(`^00-${id}-[0-9a-f]{16}-00$`));
    expect(one).not.toBe(other);
    expect(one).not.toBe(incoming);
    expect(currentTraceId()).toBe(id);
  });
});

it.each([
  undefined,
  '',
  'garbage',
  `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
  `00-${id}-${'0'.repeat(16)}-01`,
  `00-${id.toUpperCase()}-00f067aa0ba902b7-01`,
])('begins one trace for %j', (given) => {
  inTrace(given, () => {
    expect(currentTraceId()).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
    expect(currentTraceId()).toBe(currentTraceId());
    expect(traceparent()).toContain(`-${currentTraceId()}-`);
  });
});

it('keeps traces that run at once apart', async () => {
  const ids = await Promise.all(
    Array.from({ length: 10 }, () =>
      inTrace(undefined, async () => {
        const before = currentTraceId();
        await sleep(1);
        expect(currentTraceId()).toBe(before);
        return before;
      }),
    ),
  );
  expect(new Set(ids).size).toBe(10);
});

it('is nothing outside of a request', () => {
  expect([currentTraceId(), traceparent()]).toEqual([undefined, undefined]);
});
