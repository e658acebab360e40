import { toBoolean, toInteger, toText } from './cast.ts';
import { compileBinary } from './compile-binary.ts';
import { compileIn } from './compile-in.ts';
import { compileLogic } from './compile-logic.ts';
import { type Attributes, type Evaluation, failed, type Result, type Step } from './evaluation.ts';
import type { Expression, Value } from './expression.ts';
import { builtinOf, type Type } from './functions.ts';
import { likePattern } from './like.ts';

/** What an expression means, as a function: it never throws, and takes time in proportion to expression and attributes. */
export const compile = (expression: Expression): ((attributes: Attributes) => Result) => {
  const step = stepOf(expression);
  return (attributes) => {
    const evaluation: Evaluation = { attributes, error: undefined };
    const value = step(evaluation);
    return evaluation.error === undefined ? { value } : { value, error: evaluation.error };
  };
};

const stepOf = (expression: Expression): Step => {
  switch (expression.kind) {
    case 'literal': {
      const { value } = expression;
      return () => value;
    }
    case 'attribute':
      return attribute(expression.name);
    case 'exists':
      return exists(expression.name);
    case 'not':
      return not(stepOf(expression.operand));
    case 'negate':
      return negate(stepOf(expression.operand));
    case 'binary':
      return compileBinary(expression.operator, stepOf(expression.left), stepOf(expression.right));
    case 'logic':
      return compileLogic(expression.operands.map(stepOf), expression.operators);
    case 'like':
      return like(stepOf(expression.operand), expression.pattern);
    case 'in':
      return compileIn(stepOf(expression.operand), expression.set, expression.set.map(stepOf));
    case 'call':
      return call(expression.name, expression.args.map(stepOf));
  }
};

const attribute = (name: string): Step => {
  const message = `the event has no attribute ${name}`;
  return (evaluation) =>
    evaluation.attributes.get(name) ?? failed(evaluation, 'missingAttribute', message, false);
};

/** Of a valid event these are always there (section 3.4.4). */
const required = new Set(['specversion', 'id', 'source', 'type']);

const exists = (name: string): Step =>
  required.has(name) ? () => true : ({ attributes }) => attributes.get(name) !== undefined;

const not =
  (operand: Step): Step =>
  (evaluation) => {
    const value = operand(evaluation);
    if (evaluation.error) return false;
    const truth = toBoolean(value, evaluation);
    return evaluation.error === undefined && !truth;
  };

const negate =
  (operand: Step): Step =>
  (evaluation) => {
    const value = operand(evaluation);
    // As every sum and product, within 32 bits: -(-2147483648) is -2147483648.
    return evaluation.error ? 0 : -toInteger(value, evaluation) | 0;
  };

const like = (operand: Step, pattern: string): Step => {
  const matches = likePattern(pattern);
  return (evaluation) => {
    const value = operand(evaluation);
    return evaluation.error === undefined && matches(toText(value));
  };
};

const call = (name: string, args: Step[]): Step => {
  const builtin = builtinOf(name, args.length);
  const message = `there is no function ${name} of ${args.length} arguments`;
  if (!builtin) return (evaluation) => failed(evaluation, 'missingFunction', message, false);
  const { parameters, rest = 'any', zero, run } = builtin;
  const casts = args.map((_, n) => castTo[parameters[n] ?? rest]);
  return (evaluation) => {
    const values: Value[] = [];
    for (let n = 0; n < args.length; n++) {
      const value = args[n]?.(evaluation) ?? false;
      if (evaluation.error) return zero;
      values.push(casts[n]?.(value, evaluation) ?? value);
      if (evaluation.error) return zero;
    }
    return run(values, evaluation);
  };
};

const castTo: Record<Type, (value: Value, evaluation: Evaluation) => Value> = {
  text: toText,
  integer: toInteger,
  any: (value) => value,
};
