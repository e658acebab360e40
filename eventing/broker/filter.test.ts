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
  return !spec.any || spec.any.length === 0 || spec.any.some((inner) => means(inner, event));
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
  [[{ cesql: 'type = ' }], 'filters[0].cesql'],
  [[{ cesql: 1 }], 'filters[0].cesql'],
  [[{ all: [{ exact: {} }, { cesql: 'this is wrong' }] }], 'filters[0].all[1].cesql'],
  [[{ not: { prefix: { 'a-b': 'x' } } }], 'filters[0].not.prefix.a-b'],
  [[null], 'filters[0]'],
  [[{ not: null }], 'filters[0].not'],
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

test.each([
  ["type = 'a' AND NOT EXISTS ext", { type: 'a' }, true],
  ["type = 'a' AND NOT EXISTS ext", { type: 'a', ext: '1' }, false],
  // True, but for the attribute that is missing; an answer that is no boolean.
  ["type = 'a' AND ext != 'x'", { type: 'a' }, false],
  ['1 / 0 = 0', {}, false],
  ['type', { type: 'true' }, false],
  ['1', {}, false],
  ['BOOL(type)', { type: 'true' }, true],
  ['NONE_SUCH()', {}, false],
  ['', {}, true],
])('cesql %j of %j: %j', (cesql, attributes, matches) => {
  const event = eventOf(attributes as Record<string, string>);
  expect(compileFilter({ filters: [{ cesql }] })(event)).toBe(matches);
  expect(compileFilter({ filters: [{ not: { cesql } }] })(event)).toBe(!matches);
});

test('complementary sides of a key divide all events between them, whatever their key', () => {
  const hex = [...'0123456789abcdef'].flatMap((a) => [...'0123456789abcdef'].map((b) => `'${a}${b}'`));
  const some = fc.subarray(hex, { minLength: 1 });
  fc.assert(
    fc.property(some, fc.option(fc.oneof(fc.uuid(), fc.string()), { nil: undefined }), (chosen, key) => {
      const set = `RIGHT(partitionkey, 2) IN (${chosen.join(', ')})`;
      const event = eventOf(key === undefined ? {} : { partitionkey: key });
      const candidate = compileFilter({ filters: [{ cesql: set }] })(event);
      const stable = compileFilter({
        filters: [{ any: [{ cesql: `NOT (${set})` }, { cesql: 'NOT EXISTS partitionkey' }] }],
      })(event);
      expect(stable).toBe(!candidate);
      expect(compileFilter({ filters: [{ cesql: `NOT EXISTS partitionkey OR NOT (${set})` }] })(event)).toBe(
        !candidate,
      );
    }),
  );
});

test('a list of filters may be as long as it likes', () => {
  const filters = Array.from({ length: 50_000 }, () => ({ exact: { type: 'a' } }));
  expect(compileFilter({ filters: [{ all: filters }] })(eventOf({ type: 'a' }))).toBe(true);
  expect(compileFilter({ filters: [{ any: filters }] })(eventOf({ type: 'b' }))).toBe(false);
});

test.each([
  [{}],
  [{ exact: {} }],
  [{ any: [] }],
  [{ all: [], cesql: '' }],
  [{ exact: {}, prefix: {}, not: { not: {} } }],
])('%j asks for nothing: everything matches', (filter) => {
  expect(compileFilter({ filters: [filter] })(eventOf({ type: 'a' }))).toBe(true);
  expect(compileFilter({ filters: [{ ...filter, suffix: {} }] })(eventOf({}))).toBe(true);
});
