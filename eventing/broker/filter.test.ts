import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CloudEvent } from './event.ts';
import { compileFilter } from './filter.ts';
import type { FilterSpec, SpecError } from './types.ts';

const names = fc.constantFrom('type', 'source', 'subject', 'ext', 'constructor');
const values = fc.constantFrom('', 'a', 'ab', 'abc', 'b', 'bc');
const attributes = fc.dictionary(names, values, { noNullPrototype: true });

const { spec: anyFilter } = fc.letrec<{ spec: FilterSpec }>((tie) => ({
  spec: fc.oneof(
    { maxDepth: 4 },
    fc.record({ exact: attributes }),
    fc.record({ prefix: attributes }),
    fc.record({ suffix: attributes }),
    fc.record({ not: tie('spec') }),
    fc.record({ all: fc.array(tie('spec'), { maxLength: 3 }) }),
    fc.record({ any: fc.array(tie('spec'), { maxLength: 3 }) }),
  ),
}));

/** What each dialect means, said as plainly as can be. */
const means = (spec: FilterSpec, event: Record<string, string>): boolean => {
  const every = (wanted: Record<string, string>, match: (given: string, wanted: string) => boolean) =>
    Object.entries(wanted).every(
      ([name, value]) => value === '' || (Object.hasOwn(event, name) && match(event[name]!, value)),
    );
  if (spec.exact) return every(spec.exact, (given, wanted) => given === wanted);
  if (spec.prefix) return every(spec.prefix, (given, wanted) => given.startsWith(wanted));
  if (spec.suffix) return every(spec.suffix, (given, wanted) => given.endsWith(wanted));
  if (spec.not) return !means(spec.not, event);
  if (spec.all) return spec.all.every((inner) => means(inner, event));
  return (spec.any ?? []).some((inner) => means(inner, event));
};
const eventOf = (attributes: Record<string, string>): CloudEvent => ({
  attributes: new Map(Object.entries(attributes)),
  data: new Uint8Array(),
});

test('filters mean what their dialects say', () => {
  fc.assert(
    fc.property(fc.array(anyFilter, { minLength: 1, maxLength: 3 }), attributes, (filters, event) => {
      const matches = compileFilter({ filters, filter: { attributes: { type: 'never' } } })(eventOf(event));
      expect(matches).toBe(filters.every((filter) => means(filter, event)));
    }),
    { numRuns: 1_000 },
  );
});

test('without filters the attributes of filter decide, and without either everything matches', () => {
  fc.assert(
    fc.property(attributes, attributes, (wanted, event) => {
      expect(compileFilter({ filter: { attributes: wanted }, filters: [] })(eventOf(event))).toBe(
        means({ exact: wanted }, event),
      );
      expect(compileFilter({})(eventOf(event))).toBe(true);
    }),
  );
});

test.each([
  [[{ cesql: "type = 'x'" }], 'filters[0].cesql'],
  [[{ all: [{ exact: {} }, { cesql: 'x' }] }], 'filters[0].all[1].cesql'],
  [[{ not: { prefix: { 'a-b': 'x' } } }], 'filters[0].not.prefix.a-b'],
  [[{}], 'filters[0]'],
  [[{ exact: { type: 'x' }, prefix: { type: 'x' } }], 'filters[0]'],
  [[{ regex: { type: 'x' } }], 'filters[0]'],
  [[{ toString: {} }], 'filters[0]'],
  [[{ exact: null }], 'filters[0].exact'],
  [[{ exact: { type: 1 } }], 'filters[0].exact.type'],
  [[{ any: {} }], 'filters[0].any'],
] as [FilterSpec[], string][])('refuses %j by its path', (filters, path) => {
  expect(() => compileFilter({ filters })).toThrow(
    expect.objectContaining({ name: 'SpecError', path }) as SpecError,
  );
});
