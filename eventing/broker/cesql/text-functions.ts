import { type Evaluation, failed } from './evaluation.ts';

/** Characters are Unicode's (CESQL 1.0, section 3.1): a pair of surrogates is one. */
export const length = (text: string): number => {
  let characters = 0;
  for (let at = 0; at < text.length; at = after(text, at)) characters++;
  return characters;
};

/** The first `many`. */
export const left = (text: string, many: number): string => text.slice(0, fromStart(text, 0, many));

/** The last `many`. */
export const right = (text: string, many: number): string => text.slice(fromEnd(text, many));

/** From the character at `position`, counted from 1, or from the end where it is negative. */
export const substring = (text: string, position: number, many: number, evaluation: Evaluation): string => {
  if (many < 0) return failed(evaluation, 'functionEvaluation', `SUBSTRING: a length of ${many}`, '');
  if (position === 0) return '';
  const outside = () => failed(evaluation, 'functionEvaluation', `SUBSTRING: no character ${position}`, '');
  const most = text.length;
  if (Math.abs(position) > most) return outside();
  const start = position > 0 ? fromStart(text, 0, position - 1) : fromEnd(text, -position);
  if (position > 0 ? start === most : length(text) < -position) return outside();
  return text.slice(start, fromStart(text, start, many));
};

/** Without the white space of Unicode at both ends; String.trim takes U+FEFF for such, and not U+0085. */
export const trim = (text: string): string => {
  let start = 0;
  let end = text.length;
  while (start < end && whiteSpace.test(text.charAt(start))) start++;
  while (end > start && whiteSpace.test(text.charAt(end - 1))) end--;
  return text.slice(start, end);
};
const whiteSpace = /\p{White_Space}/u;

/** Longer texts are an error: nested in each other, functions could build one that no memory holds. */
export const longestText = 2 ** 24;

export const join = (texts: string[], delimiter: string, evaluation: Evaluation): string => {
  const total = texts.reduce((sum, text) => sum + text.length + delimiter.length, 0);
  return total - delimiter.length > longestText
    ? failed(evaluation, 'functionEvaluation', `a text longer than ${longestText}`, '')
    : texts.join(delimiter);
};

const after = (text: string, at: number): number => at + ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);

/** The index `many` characters after `at`. */
const fromStart = (text: string, at: number, many: number): number => {
  let index = at;
  for (let n = 0; n < many && index < text.length; n++) index = after(text, index);
  return index;
};

/** The index `many` characters before the end. */
const fromEnd = (text: string, many: number): number => {
  let index = text.length;
  for (let n = 0; n < many && index > 0; n++)
    index -= index > 1 && (text.codePointAt(index - 2) ?? 0) > 0xffff ? 2 : 1;
  return index;
};
