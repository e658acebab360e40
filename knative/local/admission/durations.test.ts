import { expect, it } from 'vitest';
import { parseGoDuration, parseIsoDuration } from './durations.ts';

it.each([
  ['1h15m30.5s', 4_530_500],
  ['300ms', 300],
  ['-1.5h', -5_400_000],
  ['0', 0],
  ['.5s', 500],
  ['10', undefined],
  ['', undefined],
  ['5 s', undefined],
  ['s', undefined],
])('Go reads %j as %j', (text, ms) => expect(parseGoDuration(text)).toBe(ms));

it.each([
  ['PT0.2S', 200],
  ['PT10M', 600_000],
  ['P1DT1H', 90_000_000],
  ['-PT1S', -1_000],
  ['PT', undefined],
  ['P', undefined],
  ['PT5', undefined],
  ['5s', undefined],
])('ISO 8601 reads %j as %j', (text, ms) => expect(parseIsoDuration(text)).toBe(ms));
