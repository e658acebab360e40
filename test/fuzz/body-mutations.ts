import * as fc from 'fast-check';
import type { Mutation } from './mutation.ts';
import type { Draft } from './request.ts';
import { Seen } from './seen.ts';

const hasJson = ({ body }: Draft): boolean => body !== undefined && 'json' in body;

const jsonOf = ({ body }: Draft): unknown => {
  const json = body && 'json' in body ? body.json : undefined;
  return json instanceof Seen ? json.otherwise : json;
};

type Path = (string | number)[];

/** Every place within a value, the whole first. */
const placesOf = (value: unknown, at: Path = []): Path[] => {
  if (typeof value !== 'object' || value === null || value instanceof Seen) return [at];
  const inner = Array.isArray(value)
    ? value.slice(0, 3).flatMap((item, i) => placesOf(item, [...at, i]))
    : Object.entries(value).flatMap(([key, item]) => placesOf(item, [...at, key]));
  return [at, ...inner];
};

const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], value);

const dropped = Symbol('dropped');

/** A copy with another value at a place. */
const withValue = (value: unknown, [key, ...rest]: Path, put: unknown): unknown => {
  if (key === undefined) return put === dropped ? undefined : put;
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) };
  const inner = withValue((value as Record<string, unknown>)[key], rest, put);
  if (rest.length === 0 && put === dropped) {
    if (Array.isArray(copy)) copy.splice(key as number, 1);
    else delete (copy as Record<string, unknown>)[key];
  } else
    Object.defineProperty(copy, key, { value: inner, enumerable: true, configurable: true, writable: true });
  return copy;
};

const replaceSomewhere = (
  draft: Draft,
  put: (old: unknown) => fc.Arbitrary<unknown>,
): fc.Arbitrary<Partial<Draft>> => {
  const json = jsonOf(draft);
  const places = placesOf(json);
  return fc.nat(places.length - 1).chain((at) =>
    put(valueAt(json, places[at] as Path)).map((value) => ({
      body: { json: withValue(json, places[at] as Path, value) },
    })),
  );
};

const unwrap = (value: unknown): unknown => (value instanceof Seen ? unwrap(value.otherwise) : value);

const beyond = (value: unknown): fc.Arbitrary<unknown> => {
  const old = unwrap(value);
  if (typeof old === 'number')
    return fc.constantFrom(0, -0, -1, -old, old + 0.5, 2 ** 31, 2 ** 53, -(2 ** 63), 1e21, 1e308, 5e-324);
  if (typeof old === 'string')
    return fc.constantFrom(
      '',
      ' ',
      old.slice(1),
      `${old}${old}x`,
      ` ${old} `,
      old.toUpperCase(),
      `${old}\n`,
      'x'.repeat(1025),
      '9'.repeat(70),
    );
  if (Array.isArray(old))
    return fc.constantFrom<unknown>(
      [],
      [...old, ...old],
      Array.from({ length: 101 }, () => old[0] ?? null),
      [null],
      [[]],
    );
  return fc.constantFrom<unknown>({}, [], null, [old]);
};

const textEdits: [name: string, edit: (text: string) => string][] = [
  ['JSON cut off', (text) => text.slice(0, Math.floor(text.length / 2))],
  ['JSON with a comma too many', (text) => text.replace(/([}\]])$/, ',$1')],
  ['JSON with a comment', (text) => `/* x */${text}`],
  ['JSON in single quotes', (text) => text.replaceAll('"', "'")],
  ['JSON with a byte order mark', (text) => `\ufeff${text}`],
  ['two JSON values', (text) => `${text}${text}`],
  ['JSON with NaN', (text) => text.replace(/:[^,}]+/, ':NaN')],
  ['JSON with a number beyond all', (text) => text.replace(/:[^,}]+/, ':1e999')],
  ['a field twice', (text) => text.replace(/^\{("[^"]+":)/, '{$1null,$1')],
  ['__proto__ as a field', (text) => text.replace(/^\{/, '{"__proto__":{"role":"operator"},')],
  ['an escaped null character', (text) => text.replace(/":"/, '":"\\u0000')],
  ['half a surrogate pair', (text) => text.replace(/":"/, '":"\\ud800')],
  [
    'a list in a list in a list',
    (text) => text.replace(/:[^,}]+/, `:${'['.repeat(40_000)}${']'.repeat(40_000)}`),
  ],
  [
    'an object in an object',
    (text) => text.replace(/:[^,}]+/, `:${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`),
  ],
  ['white space only', () => ' \n\t '],
  ['nothing', () => ''],
];

export const bodyMutations: Mutation[] = [
  {
    name: 'a value of another type',
    fits: hasJson,
    change: (draft) =>
      replaceSomewhere(draft, () =>
        fc.constantFrom<unknown>(
          null,
          true,
          0,
          1.5,
          'text',
          '',
          [],
          {},
          [[]],
          { a: 1 },
          '1',
          'null',
          '2026-01-01',
        ),
      ),
  },
  { name: 'a value beyond its bounds', fits: hasJson, change: (draft) => replaceSomewhere(draft, beyond) },
  {
    name: 'a part left out',
    fits: hasJson,
    change: (draft) => replaceSomewhere(draft, () => fc.constant(dropped)),
  },
  {
    name: 'a field too many',
    fits: hasJson,
    change: (draft) =>
      fc
        .tuple(
          fc.constantFrom(
            'surprise',
            'constructor',
            'toString',
            'id',
            'role',
            'userId',
            'status',
            '',
            'a/b~c',
            '\u0000',
            '€',
          ),
          fc.jsonValue({ maxDepth: 1 }),
        )
        .chain(([name, value]) =>
          replaceSomewhere(draft, (old) =>
            fc.constant(
              typeof old === 'object' && old !== null && !(old instanceof Seen)
                ? { ...old, [name]: value }
                : { [name]: value },
            ),
          ),
        ),
  },
  {
    name: 'other scripts and signs',
    fits: hasJson,
    change: (draft) =>
      replaceSomewhere(draft, () =>
        fc.oneof(
          fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }),
          fc.constantFrom(
            '\u0000',
            '\ud800',
            '\udfff\ud800',
            '\u202eevil',
            'a\u0301',
            'ﬁ',
            '👩‍👩‍👧‍👦',
            '\ufeff',
            '\u2028',
            'İ',
            '\x7f\x1b[31m',
            '%00',
            '<script>alert(1)</script>',
            "' or '1'='1",
          ),
        ),
      ),
  },
  {
    name: 'a huge value',
    fits: hasJson,
    change: (draft) =>
      replaceSomewhere(draft, () =>
        fc
          .constantFrom<[string, number]>(
            ['text', 70_000],
            ['text', 1_100_000],
            ['list', 20_000],
            ['fields', 5_000],
            ['depth', 3_000],
          )
          .map(([kind, size]) => hugeValue(kind, size)),
      ),
  },
  {
    name: 'text that is no JSON',
    fits: hasJson,
    change: (draft) =>
      fc.constantFrom(...textEdits).map(([name, edit]) => ({
        body: { json: jsonOf(draft) },
        // For the report: a function tells nothing of itself.
        edit: Object.assign(edit, { toString: () => name }),
      })),
  },
];

const hugeValue = (kind: string, size: number): unknown => {
  if (kind === 'text') return 'é'.repeat(size / 2);
  if (kind === 'list') return Array.from({ length: size }, () => 0);
  return Object.fromEntries(Array.from({ length: size }, (_, i) => [`f${i}`, i]));
};
