import fc from 'fast-check';
import type { BinaryOperator, Expression, LogicOperator, Value } from './expression.ts';

/** An expression as a text that is parsed to it again. */
export const print = (expression: Expression): string => {
  switch (expression.kind) {
    case 'literal':
      return literal(expression.value);
    case 'attribute':
      return expression.name;
    case 'exists':
      return `EXISTS ${expression.name}`;
    case 'not':
      return `NOT ${inner(expression.operand)}`;
    case 'negate':
      return `-${inner(expression.operand)}`;
    case 'binary':
      return `${inner(expression.left)} ${expression.operator} ${inner(expression.right)}`;
    case 'logic':
      return expression.operands
        .map((operand, n) => `${n === 0 ? '' : `${expression.operators[n - 1]} `}${inner(operand)}`)
        .join(' ');
    case 'like':
      return `${inner(expression.operand)} LIKE ${quoted(expression.pattern)}`;
    case 'in':
      return `${inner(expression.operand)} IN (${expression.set.map(print).join(', ')})`;
    case 'call':
      return `${expression.name}(${expression.args.map(print).join(', ')})`;
  }
};

const inner = (expression: Expression): string =>
  expression.kind === 'attribute' ? expression.name : `(${print(expression)})`;

const literal = (value: Value): string =>
  typeof value === 'string'
    ? quoted(value)
    : typeof value === 'number'
      ? String(value)
      : String(value).toUpperCase();

/** Texts of this file's arbitraries have no quote behind a backslash, which no literal could say. */
const quoted = (text: string): string => `'${text.replaceAll("'", "\\'")}'`;

export const anyText = fc
  .oneof(
    fc.constantFrom(
      '',
      'a',
      'ab',
      'A',
      '1',
      '-7',
      '2147483648',
      'true',
      'FALSE',
      '%',
      '_',
      '\\',
      'a%b_',
      '\u{1f600}',
    ),
    fc
      .string({ unit: 'binary', maxLength: 12 })
      .map((text) => text.replace(/\\+(?=')/g, '').replace(/\\+$/, '')),
    fc.string({ unit: fc.constantFrom('a', 'b', '%', '_', '\\', '\u{1f600}'), maxLength: 8 }),
  )
  .map((text) => (endsOpen(text) ? `${text}.` : text));
const endsOpen = (text: string) => (/\\*$/.exec(text)?.[0].length ?? 0) % 2 === 1;

export const anyInteger = fc.oneof(
  fc.constantFrom(0, 1, -1, 2, 10, 2_147_483_647, -2_147_483_648),
  fc.integer(),
);
export const anyValue: fc.Arbitrary<Value> = fc.oneof(anyText, anyInteger, fc.boolean());

const keyword = /^(?:and|or|xor|not|like|exists|in|true|false)$/;
export const anyName = fc.oneof(
  fc.constantFrom('id', 'type', 'subject', 'ext', 'missing', 'int', '1st'),
  fc.stringMatching(/^[a-z0-9]{1,20}$/).filter((name) => !keyword.test(name) && !/^[0-9]+$/.test(name)),
);

const names = ['INT', 'BOOL', 'STRING', 'IS_INT', 'IS_BOOL', 'ABS', 'LENGTH', 'CONCAT', 'CONCAT_WS', 'LOWER'];
const functions = [...names, 'UPPER', 'TRIM', 'LEFT', 'RIGHT', 'SUBSTRING', 'NONE_SUCH'];
const binaries: BinaryOperator[] = ['*', '/', '%', '+', '-', '=', '!=', '<', '<=', '>', '>='];
const logics: LogicOperator[] = ['AND', 'OR', 'XOR'];

const leaf: fc.Arbitrary<Expression> = fc.oneof(
  fc.record({ kind: fc.constant('literal' as const), value: anyValue }),
  fc.record({ kind: fc.constant('attribute' as const), name: anyName }),
  fc.record({ kind: fc.constant('exists' as const), name: anyName }),
);

export const { expression: anyExpression } = fc.letrec<{ expression: Expression }>((tie) => {
  const part = tie('expression');
  return {
    expression: fc.oneof(
      { maxDepth: 5, depthSize: 'medium' },
      leaf,
      fc.record({ kind: fc.constantFrom('not' as const, 'negate' as const), operand: part }),
      fc.record({
        kind: fc.constant('binary' as const),
        operator: fc.constantFrom(...binaries),
        left: part,
        right: part,
      }),
      fc.array(fc.tuple(fc.constantFrom(...logics), part), { minLength: 2, maxLength: 5 }).map((pairs) => ({
        kind: 'logic' as const,
        operands: pairs.map(([, operand]) => operand),
        operators: pairs.slice(1).map(([operator]) => operator),
      })),
      fc.record({ kind: fc.constant('like' as const), operand: part, pattern: anyText }),
      fc.record({
        kind: fc.constant('in' as const),
        operand: part,
        set: fc.oneof(
          fc.array(part, { minLength: 1, maxLength: 4 }),
          fc.array(fc.record({ kind: fc.constant('literal' as const), value: anyValue }), {
            minLength: 1,
            maxLength: 6,
          }),
        ),
      }),
      fc.record({
        kind: fc.constant('call' as const),
        name: fc.constantFrom(...functions),
        args: fc.array(part, { maxLength: 3 }),
      }),
    ),
  };
});

/** Attributes with values of every type, as an event that was not read from a header may have. */
export const anyAttributes: fc.Arbitrary<ReadonlyMap<string, Value>> = fc
  .dictionary(
    anyName.filter((name) => name !== 'missing'),
    anyValue,
    { noNullPrototype: true },
  )
  .map((attributes) => new Map<string, Value>(Object.entries({ id: 'an-id', type: 'a', ...attributes })));
