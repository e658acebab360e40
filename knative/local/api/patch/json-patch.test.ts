import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { frozen } from '../../store/json.ts';
import type { Json } from './json.ts';
import { jsonPatch, type Operation, PatchFailed, parseOperations } from './json-patch.ts';

describe('a JSON patch (RFC 6902)', () => {
  test.each<[string, Json, Operation[], Json]>([
    ['A.1', { foo: 'bar' }, [{ op: 'add', path: '/baz', value: 'qux' }], { baz: 'qux', foo: 'bar' }],
    [
      'A.2',
      { foo: ['bar', 'baz'] },
      [{ op: 'add', path: '/foo/1', value: 'qux' }],
      { foo: ['bar', 'qux', 'baz'] },
    ],
    ['A.3', { baz: 'qux', foo: 'bar' }, [{ op: 'remove', path: '/baz' }], { foo: 'bar' }],
    ['A.4', { foo: ['bar', 'qux', 'baz'] }, [{ op: 'remove', path: '/foo/1' }], { foo: ['bar', 'baz'] }],
    [
      'A.5',
      { baz: 'qux', foo: 'bar' },
      [{ op: 'replace', path: '/baz', value: 'boo' }],
      { baz: 'boo', foo: 'bar' },
    ],
    [
      'A.6',
      { foo: { bar: 'baz', waldo: 'fred' }, qux: { corge: 'grault' } },
      [{ op: 'move', from: '/foo/waldo', path: '/qux/thud' }],
      { foo: { bar: 'baz' }, qux: { corge: 'grault', thud: 'fred' } },
    ],
    [
      'A.7',
      { foo: ['all', 'grass', 'cows', 'eat'] },
      [{ op: 'move', from: '/foo/1', path: '/foo/3' }],
      { foo: ['all', 'cows', 'eat', 'grass'] },
    ],
    [
      'A.8',
      { baz: 'qux', foo: ['a', 2, 'c'] },
      [
        { op: 'test', path: '/baz', value: 'qux' },
        { op: 'test', path: '/foo/1', value: 2 },
      ],
      { baz: 'qux', foo: ['a', 2, 'c'] },
    ],
    [
      'A.10',
      { foo: 'bar' },
      [{ op: 'add', path: '/child', value: { grandchild: {} } }],
      { foo: 'bar', child: { grandchild: {} } },
    ],
    ['A.14', { '/': 9, '~1': 10 }, [{ op: 'test', path: '/~01', value: 10 }], { '/': 9, '~1': 10 }],
    [
      'A.16',
      { foo: ['bar'] },
      [{ op: 'add', path: '/foo/-', value: ['abc', 'def'] }],
      { foo: ['bar', ['abc', 'def']] },
    ],
    ['the whole', { foo: 1 }, [{ op: 'replace', path: '', value: [1] }], [1]],
    ['a null', { foo: null }, [{ op: 'replace', path: '/foo', value: 1 }], { foo: 1 }],
    ['an empty key', {}, [{ op: 'add', path: '/', value: 1 }], { '': 1 }],
    ['copy', { a: [1] }, [{ op: 'copy', from: '/a', path: '/b' }], { a: [1], b: [1] }],
    ['onto itself', { a: 1 }, [{ op: 'move', from: '/a', path: '/a' }], { a: 1 }],
  ])("the RFC's examples and corners: %s", (_, document, operations, result) => {
    expect(jsonPatch(frozen(document), operations)).toEqual(result);
  });

  test.each<[string, Json, Operation]>([
    ['A.9: a test that fails', { baz: 'qux' }, { op: 'test', path: '/baz', value: 'bar' }],
    ['A.12: into nothing', { foo: 'bar' }, { op: 'add', path: '/baz/bat', value: 'qux' }],
    ['A.15: another type', { '/': 9, '~1': 10 }, { op: 'test', path: '/~01', value: '10' }],
    ['removing what is not there', {}, { op: 'remove', path: '/a' }],
    ['replacing what is not there', {}, { op: 'replace', path: '/a', value: 1 }],
    ['an index beyond the end', { a: [] }, { op: 'add', path: '/a/1', value: 1 }],
    ['an index with a zero before it', { a: [1, 2] }, { op: 'replace', path: '/a/01', value: 1 }],
    ['an index that is none', { a: [1] }, { op: 'remove', path: '/a/x' }],
    ['- is nothing yet', { a: [1] }, { op: 'remove', path: '/a/-' }],
    ['into itself', { a: { b: 1 } }, { op: 'move', from: '/a', path: '/a/b' }],
    ['from nothing', {}, { op: 'copy', from: '/a', path: '/b' }],
    ['the whole away', {}, { op: 'remove', path: '' }],
    ['what an object inherits', {}, { op: 'remove', path: '/constructor' }],
    ['below what it inherits', {}, { op: 'add', path: '/__proto__/polluted', value: true }],
  ])('fails: %s', (_, document, operation) => {
    expect(() => jsonPatch(document, [operation])).toThrow(PatchFailed);
  });

  test('is as if carried out on a copy, one operation after another, all or none', () => {
    const key = fc.constantFrom('a', 'b', '~', '/', '0', '1', '-');
    const pointer = fc
      .array(key, { maxLength: 3 })
      .map((steps) => steps.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''));
    const leaf = fc.oneof(fc.integer(), fc.constant(null), fc.constant('x'));
    const value: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        leaf,
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(key, tie('value'), { maxKeys: 4 }),
      ) as fc.Arbitrary<Json>,
    })).value;
    const operation = fc.record({
      op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test'),
      path: pointer,
      from: pointer,
      value,
    }) as fc.Arbitrary<Operation>;
    fc.assert(
      fc.property(value, fc.array(operation, { minLength: 1, maxLength: 4 }), (document, operations) => {
        const before = JSON.stringify(document);
        const expected = outcome(
          () => operations.reduce(mutate, { document: structuredClone(document) }).document,
        );
        expect(outcome(() => jsonPatch(frozen(document), operations))).toEqual(expected);
        expect(JSON.stringify(document)).toBe(before);
      }),
      { numRuns: 2_000 },
    );
  });

  test('operations that double what there is are stopped', () => {
    const operations: Operation[] = Array.from({ length: 60 }, (_, i) => ({
      op: 'copy',
      from: '',
      path: `/${i}`,
    }));
    expect(() => jsonPatch({ a: 'x'.repeat(1_000) }, operations)).toThrow(PatchFailed);
  });

  test.each<[string, unknown]>([
    ['no array', {}],
    ['no object', [1]],
    ['an unknown op', [{ op: 'merge', path: '/a' }]],
    ['no path', [{ op: 'remove' }]],
    ['no pointer', [{ op: 'remove', path: 'a' }]],
    ['a wrong escape', [{ op: 'remove', path: '/~2' }]],
    ['no value', [{ op: 'add', path: '/a' }]],
    ['no from', [{ op: 'move', path: '/a' }]],
  ])('a body is no patch: %s', (_, body) => {
    expect(() => parseOperations(body)).toThrow(SyntaxError);
  });
});

const outcome = (work: () => Json): Json | 'failed' => {
  try {
    return work();
  } catch {
    return 'failed';
  }
};

// The obvious way: changes in place, one holder that the whole document can be replaced in.
type Holder = { document: Json };

const mutate = (holder: Holder, { op, path, from = '', value = null }: Operation): Holder => {
  // biome-ignore lint/suspicious/noExplicitAny: whatever stands there
  type Any = any;
  const steps = (pointer: string) => [
    'document',
    ...pointer
      .split('/')
      .slice(1)
      .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~')),
  ];
  const parent = (pointer: string): { at: Any; last: string } => {
    const all = steps(pointer);
    const at = all.slice(0, -1).reduce<Any>((node, step) => get(node, step), holder);
    return { at, last: all.at(-1) ?? '' };
  };
  const get = (node: Any, step: string): Any => {
    if (Array.isArray(node) && !/^(0|[1-9]\d*)$/.test(step)) throw new Error('no index');
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, step)) throw new Error('missing');
    return node[step];
  };
  const read = (pointer: string) => structuredClone(steps(pointer).reduce<Any>(get, holder));
  const put = (pointer: string, what: Json) => {
    const { at, last } = parent(pointer);
    if (!Array.isArray(at)) {
      if (typeof at !== 'object' || at === null) throw new Error('no object');
      at[last] = what;
    } else {
      const index = last === '-' ? at.length : Number(last);
      if (last !== '-' && (!/^(0|[1-9]\d*)$/.test(last) || index > at.length)) throw new Error('no index');
      at.splice(index, 0, what);
    }
  };
  const drop = (pointer: string) => {
    if (pointer === '') throw new Error('the whole');
    const { at, last } = parent(pointer);
    get(at, last);
    if (Array.isArray(at)) at.splice(Number(last), 1);
    else delete at[last];
  };
  switch (op) {
    case 'add':
      put(path, structuredClone(value));
      break;
    case 'remove':
      drop(path);
      break;
    case 'replace': {
      const { at, last } = parent(path);
      get(at, last);
      at[last] = structuredClone(value);
      break;
    }
    case 'copy':
      put(path, read(from));
      break;
    case 'move': {
      const moved = read(from);
      if (path.startsWith(`${from}/`)) throw new Error('into itself');
      if (path !== from) {
        drop(from);
        put(path, moved);
      }
      break;
    }
    case 'test':
      if (JSON.stringify(sorted(read(path))) !== JSON.stringify(sorted(value))) throw new Error('differs');
  }
  return holder;
};

const sorted = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([k, v]) => [k, sorted(v)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
};
