import { expect, test } from 'vitest';
import { durationMs } from './duration.ts';

test.each([
  ['PT5S', 5_000],
  ['PT15M', 900_000],
  ['PT0.2S', 200],
  ['P1DT2H', 93_600_000],
  ['P2D', 172_800_000],
  ['PT1H30M', 5_400_000],
])('%s is %i ms', (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});

test.each(['', 'P', 'PT', '5S', 'PT5', 'P1M', 'P1Y', 'PT-5S', 'P1DT', ' PT5S', 'pt5s', 'PT5S1M'])(
  '"%s" is no duration',
  (text) => {
    expect(durationMs(text)).toBeUndefined();
  },
);
