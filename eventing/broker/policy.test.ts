import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDuration } from './duration.ts';
import { policyOf } from './policy.ts';
import type { SpecError } from './types.ts';

test.each([
  ['PT0.2S', 200],
  ['PT0,5S', 500],
  ['PT5S', 5_000],
  ['PT1M30S', 90_000],
  ['P1DT2H', 93_600_000],
  ['P2W', 1_209_600_000],
  ['PT0S', 0],
])('%s is %d ms', (text, ms) => {
  expect(parseDuration('x', text)).toBe(ms);
});

test.each(['', 'P', 'PT', '5s', 'PT5', 'PTS', 'P1S', 'PT-1S', '-PT1S', 'PT1S '])(
  '"%s" is no duration',
  (text) => {
    expect(() => parseDuration('delivery.timeout', text)).toThrow(
      expect.objectContaining({ name: 'SpecError', path: 'delivery.timeout' }) as SpecError,
    );
  },
);

test('pauses are linear or exponential in the number of the retry, and fit a timer', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2_000 }), fc.integer({ min: 0, max: 100_000 }), (n, ms) => {
      const backoffDelay = `PT${ms / 1_000}S`;
      const fits = (pause: number) => Math.min(pause, 0x7fffffff);
      expect(policyOf({ retry: 9, backoffPolicy: 'linear', backoffDelay }).pauseMs(n)).toBeCloseTo(
        fits(ms * n),
        3,
      );
      const exponential = policyOf({ retry: 9, backoffPolicy: 'exponential', backoffDelay }).pauseMs(n);
      expect(exponential).toBeCloseTo(ms === 0 ? 0 : fits(ms * 2 ** n), 3);
      expect(policyOf({ retry: 9, backoffDelay }).pauseMs(n)).toBe(exponential);
    }),
  );
});

test('Retry-After makes a pause longer, never shorter, of 429 and 503 only, and only as far as allowed', () => {
  const policy = policyOf({
    retry: 3,
    backoffPolicy: 'linear',
    backoffDelay: 'PT1S',
    retryAfterMax: 'PT10S',
  });
  const pause = (code: number, retryAfter?: string) => policy.pauseMs(1, { code, retryAfter });
  expect(pause(503, '4')).toBe(4_000);
  expect(pause(429, '4')).toBe(4_000);
  expect(pause(503, '60')).toBe(10_000);
  expect(pause(503, '0')).toBe(1_000);
  expect(pause(500, '4')).toBe(1_000);
  expect(pause(503, 'soon')).toBe(1_000);
  expect(pause(503)).toBe(1_000);
  const date = new Date(Date.now() + 5_000).toUTCString();
  expect(pause(503, date)).toBeGreaterThan(3_000);
  const without = policyOf({ retry: 3, backoffPolicy: 'linear', backoffDelay: 'PT1S' });
  expect(without.pauseMs(1, { code: 503, retryAfter: '4' })).toBe(1_000);
});

test("what a spec leaves out is the Kafka broker's own", () => {
  expect(policyOf()).toMatchObject({ retry: 0, timeoutMs: 600_000, deadLetterSink: undefined });
  expect(policyOf({ timeout: 'PT0S' }).timeoutMs).toBe(600_000);
  expect(policyOf({ retry: 1 }).pauseMs(1)).toBe(400);
});

test.each([
  [{ retry: -1 }, 'delivery.retry'],
  [{ retry: 1.5 }, 'delivery.retry'],
  [{ backoffPolicy: 'random' as 'linear' }, 'delivery.backoffPolicy'],
  [{ backoffDelay: '1s' }, 'delivery.backoffDelay'],
  [{ timeout: '1s' }, 'delivery.timeout'],
  [{ retryAfterMax: '1s' }, 'delivery.retryAfterMax'],
  [{ deadLetterSink: '/relative' }, 'delivery.deadLetterSink'],
  [{ deadLetterSink: 'ftp://x' }, 'delivery.deadLetterSink'],
])('refuses %j by its path', (spec, path) => {
  expect(() => policyOf(spec)).toThrow(expect.objectContaining({ name: 'SpecError', path }) as SpecError);
});
