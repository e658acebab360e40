import { expect, it } from 'vitest';
import { readOptions } from './options.ts';

it('has a hundred kills under four customers where nothing else is asked for', () => {
  expect(readOptions([])).toEqual({ points: 100, seed: expect.any(Number), customers: 4 });
  expect(readOptions(['--points', '1000', '--seed', '7', '--customers', '2'])).toEqual({
    points: 1000,
    seed: 7,
    customers: 2,
  });
});

it.each(['points', 'seed', 'customers'])('refuses --%s that is no positive integer', (name) => {
  for (const bad of ['x', '', '0', '1.5', '1e3', '9'.repeat(20)])
    expect(() => readOptions([`--${name}`, bad])).toThrow(`--${name} is ${bad}: it takes a positive integer`);
  expect(() => readOptions([`--${name}=-1`])).toThrow('positive integer');
});
