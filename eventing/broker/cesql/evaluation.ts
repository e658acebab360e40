import type { Value } from './expression.ts';

/** What an expression reads; attributes that an event lacks are undefined. */
export interface Attributes {
  get(name: string): Value | undefined;
}

/** CESQL 1.0, section 3.3. */
export interface EvaluationError {
  kind: 'math' | 'cast' | 'missingAttribute' | 'missingFunction' | 'functionEvaluation';
  message: string;
}

/** The value, and the error that ended the evaluation if there was one (section 4.1, fail fast). */
export interface Result {
  value: Value;
  error?: EvaluationError;
}

/** One evaluation; after each step that may fail, `error` says whether it did. */
export interface Evaluation {
  readonly attributes: Attributes;
  error: EvaluationError | undefined;
}

/** A compiled expression: never throws. Where it fails, its value is what stands for its type: false, 0 or "". */
export type Step<V extends Value = Value> = (evaluation: Evaluation) => V;

/** Notes the error; answers what the failed step answers. */
export const failed = <V extends Value>(
  evaluation: Evaluation,
  kind: EvaluationError['kind'],
  message: string,
  value: V,
): V => {
  evaluation.error = { kind, message };
  return value;
};
