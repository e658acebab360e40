import { toTypeOf } from './cast.ts';
import { type Evaluation, type EvaluationError, failed, type Step } from './evaluation.ts';
import type { Expression, Value } from './expression.ts';

/** CESQL 1.0, section 3.4.5: the left side says of what type all are; the first that is equal, or fails, decides. */
export const compileIn = (operand: Step, set: readonly Expression[], steps: readonly Step[]): Step => {
  const literals = set.flatMap((item) => (item.kind === 'literal' ? [item.value] : []));
  return literals.length === set.length ? inLiterals(operand, literals) : inSteps(operand, steps);
};

const inSteps =
  (operand: Step, steps: readonly Step[]): Step =>
  (evaluation) => {
    const value = operand(evaluation);
    if (evaluation.error) return false;
    for (const step of steps) {
      const item = step(evaluation);
      if (evaluation.error) return false;
      const member = toTypeOf(value, item, evaluation);
      if (evaluation.error) return false;
      if (member === value) return true;
    }
    return false;
  };

/** Literals are cast once for each type, not for each event: one look-up, however many there are. */
const inLiterals = (operand: Step, literals: readonly Value[]): Step => {
  const byType = {
    string: membersLike('', literals),
    number: membersLike(0, literals),
    boolean: membersLike(false, literals),
  };
  return (evaluation) => {
    const value = operand(evaluation);
    if (evaluation.error) return false;
    const { members, error } = byType[typeof value as 'string' | 'number' | 'boolean'];
    if (members.has(value)) return true;
    return error ? failed(evaluation, error.kind, error.message, false) : false;
  };
};

/** The literals up to the first that cannot be cast, and why it cannot. */
const membersLike = (like: Value, literals: readonly Value[]) => {
  const members = new Set<Value>();
  const trial: Evaluation = { attributes: { get: () => undefined }, error: undefined };
  for (const literal of literals) {
    const member = toTypeOf(like, literal, trial);
    if (trial.error) break;
    members.add(member);
  }
  return { members, error: trial.error as EvaluationError | undefined };
};
