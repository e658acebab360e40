import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compile } from './compile.ts';
import { anyAttributes, anyExpression, anyText, print } from './expression.testing.ts';
import { likePattern } from './like.ts';
import { parse } from './parse.ts';
import { ParseError } from './parse-error.ts';
import { matches, walk } from './walk.testing.ts';

test('a printed expression is parsed to itself', () => {
  fc.assert(
    fc.property(anyExpression, (expression) => {
      expect(parse(print(expression))).toEqual(expression);
    }),
    { numRuns: 2_000 },
  );
});

test('compiled, an expression means what a walk of its tree says, and it never throws', () => {
  fc.assert(
    fc.property(anyExpression, anyAttributes, (expression, attributes) => {
      const { value, error } = compile(expression)(attributes);
      expect({ value, ...(error && { error: error.kind }) }).toEqual(walk(expression, attributes));
    }),
    { numRuns: 5_000 },
  );
});

const word = fc.constantFrom(
  ...[
    'AND',
    'or',
    'XOR',
    'NOT',
    'LIKE',
    'exists',
    'In',
    'true',
    'id',
    'LEFT',
    'CONCAT_WS',
    'a_b',
    '1',
    '99999999999',
  ],
  ...["'", '"', "'a'", '\\', '(', ')', ',', '-', '+', '<>', '!', '=', '%', ' ', '\n', '\u{1f600}', '\ud800'],
);

test('any text is an expression or a ParseError that says where', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(word).map((words) => words.join('')),
      ),
      (text) => {
        try {
          const attributes = new Map([['id', 'x']]);
          expect(['string', 'number', 'boolean']).toContain(typeof compile(parse(text))(attributes).value);
        } catch (error) {
          expect(error).toBeInstanceOf(ParseError);
          const { line, column } = error as ParseError;
          expect(line).toBeLessThanOrEqual(text.split('\n').length);
          expect(column).toBeLessThanOrEqual((text.split('\n')[line - 1]?.length ?? 0) + 1);
        }
      },
    ),
    { numRuns: 5_000 },
  );
});

test('LIKE matches what its definition says', () => {
  fc.assert(
    fc.property(anyText, anyText, (text, pattern) => {
      expect(likePattern(pattern)(text)).toBe(matches(Array.from(text), Array.from(pattern)));
    }),
    { numRuns: 5_000 },
  );
});

test('LIKE finds its way over patterns longer than a word of bits', () => {
  const one = fc.constantFrom('a', 'b', '\u{1f600}');
  const piece = fc.oneof(
    { weight: 6, arbitrary: one },
    { weight: 3, arbitrary: fc.constant('_') },
    fc.constant('%'),
  );
  fc.assert(
    fc.property(
      fc.array(piece, { minLength: 30, maxLength: 130 }),
      fc.infiniteStream(one),
      (pattern, fill) => {
        const next = () => fill.next().value;
        const text = pattern.flatMap((part) =>
          part === '_' ? [next()] : part === '%' ? [next(), next()] : [part],
        );
        const match = likePattern(pattern.join(''));
        expect(match(text.join(''))).toBe(true);
        const wanted = new RegExp(
          `^${pattern.join('').replaceAll('%', '[^]*').replaceAll('_', '[^]')}$`,
          'u',
        );
        for (const at of [0, Math.floor(text.length / 2), text.length - 1]) {
          const changed = text.toSpliced(at, 1, text[at] === 'a' ? 'b' : 'a').join('');
          expect(match(changed)).toBe(wanted.test(changed));
        }
      },
    ),
  );
});
