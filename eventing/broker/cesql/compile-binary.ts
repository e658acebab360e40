import { toInteger, toTypeOf } from './cast.ts';
import { type Evaluation, failed, type Step } from './evaluation.ts';
import type { BinaryOperator, Value } from './expression.ts';

/** CESQL 1.0, section 3.4.2, but for AND, OR and XOR. */
export const compileBinary = (operator: BinaryOperator, left: Step, right: Step): Step => {
  if (operator === '=' || operator === '!=') return equality(left, right, operator === '=');
  const calculate = arithmetic.get(operator);
  if (calculate) return ofIntegers(left, right, 0, calculate);
  const compare = comparison.get(operator) ?? (() => false);
  return ofIntegers(left, right, false, compare);
};

const comparison = new Map<BinaryOperator, (x: number, y: number) => boolean>([
  ['<', (x, y) => x < y],
  ['<=', (x, y) => x <= y],
  ['>', (x, y) => x > y],
  ['>=', (x, y) => x >= y],
]);

/** What goes beyond 32 bits wraps around, as in the engines of Knative: the specification leaves it open. */
const arithmetic = new Map<BinaryOperator, (x: number, y: number, evaluation: Evaluation) => number>([
  ['*', Math.imul],
  ['+', (x, y) => (x + y) | 0],
  ['-', (x, y) => (x - y) | 0],
  ['/', (x, y, evaluation) => (y === 0 ? divisionByZero(evaluation) : (x / y) | 0)],
  ['%', (x, y, evaluation) => (y === 0 ? divisionByZero(evaluation) : (x % y) | 0)],
]);

const divisionByZero = (evaluation: Evaluation): number => failed(evaluation, 'math', 'division by zero', 0);

const ofIntegers =
  <V extends Value>(
    left: Step,
    right: Step,
    zero: V,
    apply: (x: number, y: number, evaluation: Evaluation) => V,
  ): Step<V> =>
  (evaluation) => {
    const l = left(evaluation);
    if (evaluation.error) return zero;
    const r = right(evaluation);
    if (evaluation.error) return zero;
    const x = toInteger(l, evaluation);
    if (evaluation.error) return zero;
    const y = toInteger(r, evaluation);
    return evaluation.error ? zero : apply(x, y, evaluation);
  };

/** The right side says of what type both are (section 3.7). */
const equality =
  (left: Step, right: Step, equal: boolean): Step =>
  (evaluation) => {
    const l = left(evaluation);
    if (evaluation.error) return false;
    const r = right(evaluation);
    if (evaluation.error) return false;
    const x = toTypeOf(r, l, evaluation);
    return evaluation.error === undefined && (x === r) === equal;
  };
