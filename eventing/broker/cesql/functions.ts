import { toBoolean, toInteger, toText } from './cast.ts';
import { type Evaluation, failed } from './evaluation.ts';
import type { Value } from './expression.ts';
import { join, left, length, right, substring, trim } from './text-functions.ts';

interface Types {
  text: string;
  integer: number;
  any: Value;
}
export type Type = keyof Types;

/** A built-in function; its arguments come cast to their types. */
export interface Builtin {
  parameters: readonly Type[];
  /** Of any further arguments; absent: it takes none. */
  rest?: Type;
  /** The value where an argument fails: the zero of what it returns. */
  zero: Value;
  run(args: Value[], evaluation: Evaluation): Value;
}

type Arguments<P extends readonly Type[]> = { -readonly [N in keyof P]: Types[P[N]] };

const define = <const P extends readonly Type[], R extends Value>(
  parameters: P,
  zero: R,
  run: (args: Arguments<P>, evaluation: Evaluation) => R,
): Builtin => ({ parameters, zero, run: (args, evaluation) => run(args as Arguments<P>, evaluation) });

const takesAny = (parameters: Type[], run: (texts: string[], evaluation: Evaluation) => string): Builtin => ({
  parameters,
  rest: 'text',
  zero: '',
  run: (args, evaluation) => run(args as string[], evaluation),
});

const greatest = 2_147_483_647;

const refuseNegative = (name: string, text: string, many: number, evaluation: Evaluation): string =>
  failed(evaluation, 'functionEvaluation', `${name}: a length of ${many}`, text);

const canCast = (cast: (value: Value, evaluation: Evaluation) => Value) =>
  define(['any'], false, ([value], { attributes }) => {
    const trial: Evaluation = { attributes, error: undefined };
    cast(value, trial);
    return trial.error === undefined;
  });

/** CESQL 1.0, sections 3.5 and 3.7; IS_INT and IS_BOOL are what Knative's engines have besides. */
const builtins = new Map<string, Builtin[]>(
  Object.entries({
    INT: [define(['any'], 0, ([value], evaluation) => toInteger(value, evaluation))],
    BOOL: [define(['any'], false, ([value], evaluation) => toBoolean(value, evaluation))],
    STRING: [define(['any'], '', ([value]) => toText(value))],
    IS_INT: [canCast(toInteger)],
    IS_BOOL: [canCast(toBoolean)],
    ABS: [
      define(['integer'], 0, ([x], evaluation) =>
        -x > greatest ? failed(evaluation, 'math', `ABS(${x}) is too great`, greatest) : Math.abs(x),
      ),
    ],
    LENGTH: [define(['text'], 0, ([text]) => length(text))],
    CONCAT: [takesAny([], (texts, evaluation) => join(texts, '', evaluation))],
    CONCAT_WS: [
      takesAny(['text'], ([delimiter = '', ...texts], evaluation) => join(texts, delimiter, evaluation)),
    ],
    LOWER: [define(['text'], '', ([text]) => text.toLowerCase())],
    UPPER: [define(['text'], '', ([text]) => text.toUpperCase())],
    TRIM: [define(['text'], '', ([text]) => trim(text))],
    LEFT: [
      define(['text', 'integer'], '', ([text, many], evaluation) =>
        many < 0 ? refuseNegative('LEFT', text, many, evaluation) : left(text, many),
      ),
    ],
    RIGHT: [
      define(['text', 'integer'], '', ([text, many], evaluation) =>
        many < 0 ? refuseNegative('RIGHT', text, many, evaluation) : right(text, many),
      ),
    ],
    SUBSTRING: [
      define(['text', 'integer'], '', ([text, position], evaluation) =>
        substring(text, position, greatest, evaluation),
      ),
      define(['text', 'integer', 'integer'], '', ([text, position, many], evaluation) =>
        substring(text, position, many, evaluation),
      ),
    ],
  }),
);

/** The function that a call with so many arguments means. */
export const builtinOf = (name: string, many: number): Builtin | undefined =>
  builtins
    .get(name)
    ?.find(({ parameters, rest }) => (rest ? many >= parameters.length : many === parameters.length));
