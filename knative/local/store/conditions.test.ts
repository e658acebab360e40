import { expect, it } from 'vitest';
import { type Condition, conditionSet } from './conditions.ts';

const service = conditionSet(['ConfigurationsReady', 'RoutesReady'], ['Hint']);
const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));
const ready = (conditions: Condition[]) => conditions.find((condition) => condition.type === 'Ready');

it('begin as Unknown, sorted by type', () => {
  const conditions = service(undefined, at(1)).list();
  expect(conditions.map(({ type, status }) => `${type}=${status}`)).toEqual([
    'ConfigurationsReady=Unknown',
    'Ready=Unknown',
    'RoutesReady=Unknown',
  ]);
});

it('Ready is True only when all that decides it is; its time changes only with it', () => {
  const first = service(undefined, at(1));
  first.markTrue('ConfigurationsReady');
  expect(first.isTrue('Ready')).toBe(false);
  first.markTrue('RoutesReady');
  const good = first.list();
  expect(ready(good)).toEqual({ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:01Z' });
  const again = service(good, at(9));
  again.markTrue('ConfigurationsReady');
  again.markTrue('RoutesReady');
  expect(again.list()).toEqual(good);
});

it('False beats Unknown and carries its reason; the last of two speaks', () => {
  const first = service(undefined, at(1));
  first.markFalse('RoutesReady', 'NoRoute', 'no route');
  first.markUnknown('ConfigurationsReady', 'Waiting', 'wait');
  expect(ready(first.list())).toMatchObject({ status: 'False', reason: 'NoRoute', message: 'no route' });
  const second = service(first.list(), at(2));
  second.markFalse('ConfigurationsReady', 'Broken', 'it broke');
  expect(ready(second.list())).toMatchObject({ status: 'False', reason: 'NoRoute' });
  second.markTrue('RoutesReady');
  expect(ready(second.list())).toMatchObject({ status: 'False', reason: 'Broken' });
});

it('what decides nothing is Info, may be cleared, and leaves Ready alone', () => {
  const conditions = service(undefined, at(1));
  conditions.markTrue('ConfigurationsReady');
  conditions.markTrue('RoutesReady');
  conditions.markFalse('Hint', 'Old', 'deprecated');
  expect(conditions.get('Hint')?.severity).toBe('Info');
  expect(conditions.isTrue('Ready')).toBe(true);
  conditions.clear('Hint');
  expect(conditions.list()).toHaveLength(3);
});
