import { type Evaluation, failed } from './evaluation.ts';
import type { Value } from './expression.ts';

/** CESQL 1.0, section 3.7; each answers its type's zero and notes an error where there is no such cast. */
export const toInteger = (value: Value, evaluation: Evaluation): number => {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  const integer = integerIn(value);
  return integer ?? failed(evaluation, 'cast', `${shown(value)} is no integer`, 0);
};

export const toBoolean = (value: Value, evaluation: Evaluation): boolean => {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return value !== 0;
  const lower = value.length <= 5 ? value.toLowerCase() : '';
  if (lower === 'true') return true;
  return lower === 'false' ? false : failed(evaluation, 'cast', `${shown(value)} is no boolean`, false);
};

export const toText = (value: Value): string => (typeof value === 'string' ? value : String(value));

/** To the type that `like` has. */
export const toTypeOf = (like: Value, value: Value, evaluation: Evaluation): Value => {
  if (typeof value === typeof like) return value;
  if (typeof like === 'string') return toText(value);
  return typeof like === 'number' ? toInteger(value, evaluation) : toBoolean(value, evaluation);
};

const integerIn = (text: string): number | undefined => {
  if (!/^[+-]?[0-9]+$/.test(text)) return undefined;
  const value = Number(text);
  // The second of them makes -0 the integer 0.
  return value === (value | 0) ? value | 0 : undefined;
};

const shown = (text: string): string => JSON.stringify(text.length > 100 ? `${text.slice(0, 99)}…` : text);
