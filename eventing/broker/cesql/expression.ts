/** CESQL 1.0, section 3.1; an Integer is a whole number of 32 bits with sign. */
export type Value = string | number | boolean;

export type LogicOperator = 'AND' | 'OR' | 'XOR';
export type BinaryOperator = '*' | '/' | '%' | '+' | '-' | '=' | '!=' | '<' | '<=' | '>' | '>=';

/** A parsed expression. `x NOT IN (…)` is the `not` of an `in`, `<>` is `!=`. */
export type Expression =
  | { kind: 'literal'; value: Value }
  | { kind: 'attribute'; name: string }
  | { kind: 'exists'; name: string }
  | { kind: 'not' | 'negate'; operand: Expression }
  | { kind: 'binary'; operator: BinaryOperator; left: Expression; right: Expression }
  /** `a AND b OR c`, one operator fewer than operands, grouped from the right: `a AND (b OR c)`. */
  | { kind: 'logic'; operands: Expression[]; operators: LogicOperator[] }
  | { kind: 'like'; operand: Expression; pattern: string }
  | { kind: 'in'; operand: Expression; set: Expression[] }
  | { kind: 'call'; name: string; args: Expression[] };
