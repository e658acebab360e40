import { type Cursor, cursorOf } from './cursor.ts';
import type { BinaryOperator, Expression, LogicOperator } from './expression.ts';

/** Of nested operators, functions and parentheses; `a OR b OR c …` nests nothing, however long it is. */
export const mostNested = 256;
/** Of LIKE: it bounds what a pattern costs for each character of a text. */
export const longestPattern = 4_096;

/** How tightly operators bind (CESQL 1.0, section 3.6); AND, OR and XOR less than all of them. */
const binding = new Map([
  ...['=', '!=', '<>', '<', '<=', '>', '>='].map((operator) => [operator, 1] as const),
  ...['+', '-'].map((operator) => [operator, 2] as const),
  ...['*', '/', '%'].map((operator) => [operator, 3] as const),
  ['IN', 4],
  ['LIKE', 5],
]);
const loosest = 1;

/** CESQL 1.0, sections 2 and 3.6. Throws ParseError. */
export const parse = (text: string): Expression => {
  const cursor = cursorOf(text);
  const { peek, take, isNext, took, expected } = cursor;
  const { nested, made } = boundsOf(cursor);

  const logic = (): Expression => {
    const first = operation(loosest);
    const operands = [first];
    const operators: LogicOperator[] = [];
    while (isNext('AND') || isNext('OR') || isNext('XOR')) {
      operators.push(take().text as LogicOperator);
      operands.push(operation(loosest));
    }
    return operators.length === 0 ? first : made({ kind: 'logic', operands, operators }, operands);
  };

  /** An operand and what follows it, as far as that binds at least so tightly. */
  const operation = (tightness: number): Expression => {
    let left = unary();
    for (;;) {
      const negated = isNext('NOT') && (isNext('IN', 1) || isNext('LIKE', 1));
      const { kind, text: operator } = peek(negated ? 1 : 0);
      const own = kind === 'symbol' || kind === 'keyword' ? (binding.get(operator) ?? 0) : 0;
      if (own < tightness) return left;
      if (negated) take();
      take();
      left =
        operator === 'LIKE'
          ? like(left)
          : operator === 'IN'
            ? inSet(left)
            : binary(operator, left, operation(own + 1));
      if (negated) left = made({ kind: 'not', operand: left }, [left]);
    }
  };

  const binary = (found: string, left: Expression, right: Expression): Expression => {
    const operator = (found === '<>' ? '!=' : found) as BinaryOperator;
    return made({ kind: 'binary', operator, left, right }, [left, right]);
  };

  const like = (operand: Expression): Expression => {
    if (peek().kind !== 'string')
      expected('a string', 'failed to parse LIKE expression: the pattern was not a string literal');
    const pattern = stringOf(peek().text);
    if (pattern.length > longestPattern)
      cursor.fail(`a LIKE pattern longer than ${longestPattern} characters`);
    take();
    return made({ kind: 'like', operand, pattern }, [operand]);
  };

  const inSet = (operand: Expression): Expression => {
    if (!took('(')) expected('"("');
    const set = list();
    return made({ kind: 'in', operand, set }, [operand, ...set]);
  };

  /** At least one expression, and the closing parenthesis. */
  const list = (): Expression[] => {
    const items = [nested(logic)];
    while (took(',')) items.push(nested(logic));
    if (!took(')')) expected('"," or ")"');
    return items;
  };

  const unary = (): Expression => {
    const kind = took('NOT') ? 'not' : !isSigned() && took('-') ? 'negate' : undefined;
    if (!kind) return operand();
    const inner = nested(unary);
    return made({ kind, operand: inner }, [inner]);
  };

  const operand = (): Expression => {
    if (isSigned()) return integer(take().text);
    if (took('(')) {
      const inner = nested(logic);
      return took(')') ? inner : expected('an operator or ")"');
    }
    if (took('TRUE')) return { kind: 'literal', value: true };
    if (took('FALSE')) return { kind: 'literal', value: false };
    if (took('EXISTS')) return { kind: 'exists', name: attribute() };
    const { kind, text: name } = peek();
    if (kind === 'string') return { kind: 'literal', value: stringOf(take().text) };
    if (kind === 'integer') return integer('');
    const isCall = kind === 'function' || (kind === 'name' && /^[A-Za-z]+$/.test(name));
    return isCall && isNext('(', 1) ? call() : { kind: 'attribute', name: attribute() };
  };

  /** A sign and digits without a blank between them, where an operand may stand, are one number. */
  const isSigned = (): boolean =>
    (isNext('-') || isNext('+')) && peek(1).kind === 'integer' && peek(1).start === peek().end;

  const integer = (sign: string): Expression => {
    const digits = `${sign}${peek().text}`;
    const value = Number(digits);
    if (value !== (value | 0)) cursor.fail(`parsing "${digits}": value out of range`);
    take();
    // There is no -0 among integers.
    return { kind: 'literal', value: value | 0 };
  };

  const call = (): Expression => {
    const name = take().text.toUpperCase();
    take();
    const args = took(')') ? [] : list();
    return made({ kind: 'call', name, args }, args);
  };

  /** CloudEvents names are lower case; an expression may write them in any. */
  const attribute = (): string => (peek().kind === 'name' ? take().text.toLowerCase() : expected('a value'));

  const expression = logic();
  return peek().kind === 'end' ? expression : expected('an operator or the end');
};

/** Keeps the tree, and the calls that make it, within `mostNested`: no text exhausts a stack, now or when it is evaluated. */
const boundsOf = (cursor: Cursor) => {
  const heights = new WeakMap<Expression, number>();
  let open = 0;
  const check = (depth: number) => depth <= mostNested || cursor.fail(`nested deeper than ${mostNested}`);
  return {
    nested<T>(parsed: () => T): T {
      check(++open);
      const result = parsed();
      open--;
      return result;
    },
    made(expression: Expression, parts: Expression[]): Expression {
      const height = parts.reduce((most, part) => Math.max(most, heights.get(part) ?? 1), 0) + 1;
      check(height);
      heights.set(expression, height);
      return expression;
    },
  };
};

/** Of a literal: its quote may be escaped inside; any other backslash stands for itself. */
const stringOf = (source: string): string => {
  const quote = source.charAt(0);
  return source.slice(1, -1).replace(/\\(.)/gs, (pair, character) => (character === quote ? quote : pair));
};
