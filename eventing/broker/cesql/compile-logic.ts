import { toBoolean } from './cast.ts';
import type { Step } from './evaluation.ts';
import type { LogicOperator } from './expression.ts';

/**
 * AND, OR and XOR, grouped from the right, without a call for each: of `a AND b …` the rest matters only where a is
 * true, of `a OR b …` where it is false, and of `a XOR b …` a turns the rest around.
 */
export const compileLogic =
  (operands: readonly Step[], operators: readonly LogicOperator[]): Step =>
  (evaluation) => {
    let turned = false;
    for (let n = 0; ; n++) {
      const value = operands[n]?.(evaluation) ?? false;
      if (evaluation.error) return false;
      const truth = toBoolean(value, evaluation);
      if (evaluation.error) return false;
      const operator = operators[n];
      if (operator === 'XOR') turned = turned !== truth;
      else if (operator === undefined || truth === (operator === 'OR')) return truth !== turned;
    }
  };
