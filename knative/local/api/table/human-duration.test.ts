import { expect, test } from 'vitest';
import { humanDuration } from './human-duration.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

// k8s.io/apimachinery/pkg/util/duration's own cases
test.each<[number, string]>([
  [-3 * second, '<invalid>'],
  [-1 * second, '0s'],
  [0, '0s'],
  [1 * second, '1s'],
  [119 * second, '119s'],
  [120 * second, '2m'],
  [2 * minute + 5 * second, '2m5s'],
  [10 * minute, '10m'],
  [179 * minute, '179m'],
  [3 * hour, '3h'],
  [3 * hour + 7 * minute, '3h7m'],
  [8 * hour + 59 * minute, '8h'],
  [47 * hour, '47h'],
  [48 * hour, '2d'],
  [2 * day + 5 * hour, '2d5h'],
  [8 * day, '8d'],
  [729 * day, '729d'],
  [730 * day, '2y'],
  [2 * 365 * day + 3 * day, '2y3d'],
  [9 * 365 * day, '9y'],
])('%i ms is shown as %s', (ms, text) => {
  expect(humanDuration(ms)).toBe(text);
});
