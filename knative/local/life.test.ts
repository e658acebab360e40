import { expect, it } from 'vitest';
import { createLife } from './life.ts';
import { testLog } from './store/testing.ts';

it('ends the last begun first, also past one that fails', async () => {
  const [log, order] = [testLog(), [] as string[]];
  const life = createLife(log);
  life.begin('a', (part) => order.push(part));
  life.begin('b', () => Promise.reject(new Error('stuck')));
  life.begin('c', (part) => order.push(part));
  await life.end();
  expect(order).toEqual(['c', 'a']);
  expect(log.lines.map(({ message }) => message)).toEqual(['a part did not end well']);
});

it('ends what is begun after the end, and refuses to go on', async () => {
  const life = createLife(testLog());
  await life.end();
  const ended: string[] = [];
  expect(() => life.begin('late', (part) => ended.push(part))).toThrow('stopped while it started');
  await life.end();
  expect(ended).toEqual(['late']);
});
