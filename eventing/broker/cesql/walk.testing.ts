import type { Attributes, EvaluationError } from './evaluation.ts';
import type { Expression, LogicOperator, Value } from './expression.ts';
import { builtinOf } from './functions.ts';

class Failed extends Error {
  readonly kind: EvaluationError['kind'];
  constructor(kind: EvaluationError['kind']) {
    super(kind);
    this.kind = kind;
  }
}

/** What an expression means, said as plainly as can be: a walk of its tree that throws where it fails. */
export const walk = (
  expression: Expression,
  attributes: Attributes,
): { value: Value; error?: EvaluationError['kind'] } => {
  // Only a function at the root answers a value of its own beside an error.
  let own: Value | undefined;

  const evaluate = (node: Expression): Value => {
    switch (node.kind) {
      case 'literal':
        return node.value;
      case 'attribute': {
        const value = attributes.get(node.name);
        if (value === undefined) throw new Failed('missingAttribute');
        return value;
      }
      case 'exists':
        return (
          ['id', 'source', 'type', 'specversion'].includes(node.name) ||
          attributes.get(node.name) !== undefined
        );
      case 'not':
        return !cast(evaluate(node.operand), 'boolean');
      case 'negate':
        return wrapped(-BigInt(cast(evaluate(node.operand), 'number')));
      case 'binary': {
        const [left, right] = [evaluate(node.left), evaluate(node.right)];
        if (node.operator === '=') return cast(left, typeof right) === right;
        if (node.operator === '!=') return cast(left, typeof right) !== right;
        return calculate(node.operator, BigInt(cast(left, 'number')), BigInt(cast(right, 'number')));
      }
      case 'logic':
        return logic(node.operands, node.operators);
      case 'like':
        return matches(Array.from(String(evaluate(node.operand))), Array.from(node.pattern));
      case 'in': {
        const value = evaluate(node.operand);
        return node.set.some((item) => cast(evaluate(item), typeof value) === value);
      }
      case 'call':
        return call(node);
    }
  };

  const logic = ([first, ...rest]: Expression[], [operator, ...operators]: LogicOperator[]): boolean => {
    const left = first !== undefined && (cast(evaluate(first), 'boolean') as boolean);
    if (operator === undefined || (operator === 'AND' && !left) || (operator === 'OR' && left)) return left;
    const right = logic(rest, operators);
    return operator === 'XOR' ? left !== right : right;
  };

  const call = (node: Expression & { kind: 'call' }): Value => {
    const builtin = builtinOf(node.name, node.args.length);
    if (!builtin) throw new Failed('missingFunction');
    const types = { text: 'string', integer: 'number', any: undefined };
    const args = node.args.map((arg, n) => {
      const type = types[builtin.parameters[n] ?? builtin.rest ?? 'any'];
      const value = evaluate(arg);
      return type ? cast(value, type) : value;
    });
    const evaluation = { attributes, error: undefined as EvaluationError | undefined };
    const value = builtin.run(args, evaluation);
    if (!evaluation.error) return value;
    if (node === expression) own = value;
    throw new Failed(evaluation.error.kind);
  };

  try {
    return { value: evaluate(expression) };
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    return { value: own ?? zeroOf(expression), error: error.kind };
  }
};

const zeroOf = (node: Expression): Value => {
  if (node.kind === 'negate' || (node.kind === 'binary' && '*/%+-'.includes(node.operator))) return 0;
  return node.kind === 'call' ? (builtinOf(node.name, node.args.length)?.zero ?? false) : false;
};

const cast = (value: Value, type: string): Value => {
  if (typeof value === type) return value;
  if (type === 'string') return `${value}`;
  if (type === 'number' && typeof value === 'boolean') return value ? 1 : 0;
  if (type === 'boolean' && typeof value === 'number') return value !== 0;
  const text = String(value);
  if (type === 'boolean' && /^(?:true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  const isInteger = type === 'number' && /^[+-]?[0-9]+$/.test(text);
  if (isInteger && BigInt.asIntN(32, BigInt(text.replace('+', ''))) === BigInt(text.replace('+', '')))
    return wrapped(BigInt(text.replace('+', '')));
  throw new Failed('cast');
};

const wrapped = (integer: bigint): number => Number(BigInt.asIntN(32, integer));

const calculate = (operator: string, x: bigint, y: bigint): Value => {
  if ((operator === '/' || operator === '%') && y === 0n) throw new Failed('math');
  if (operator === '*') return wrapped(x * y);
  if (operator === '/') return wrapped(x / y);
  if (operator === '%') return wrapped(x % y);
  if (operator === '+') return wrapped(x + y);
  if (operator === '-') return wrapped(x - y);
  if (operator === '<') return x < y;
  if (operator === '<=') return x <= y;
  return operator === '>' ? x > y : x >= y;
};

/** By the definition of LIKE, trying every way: for short texts only. */
export const matches = (text: string[], pattern: string[]): boolean => {
  const [first, second, ...others] = pattern;
  if (first === undefined) return text.length === 0;
  const rest = pattern.slice(1);
  if (first === '%') return matches(text, rest) || (text.length > 0 && matches(text.slice(1), pattern));
  if (text.length === 0) return false;
  if (first === '_') return matches(text.slice(1), rest);
  if (first === '\\' && (second === '%' || second === '_'))
    return text[0] === second && matches(text.slice(1), others);
  return text[0] === first && matches(text.slice(1), rest);
};
