import { compile } from './cesql/compile.ts';
import { parse } from './cesql/parse.ts';
import { ParseError } from './cesql/parse-error.ts';
import type { CloudEvent } from './event.ts';
import { SpecError } from './types.ts';

/**
 * An event matches where the expression is true and met no error (CESQL 1.0, section 1.2); "" asks for nothing, as in
 * Knative. Bounded by construction: see docs/invariants/cesql.md. Throws SpecError.
 */
export const cesqlFilter = (path: string, text: string): ((event: CloudEvent) => boolean) => {
  if (typeof text !== 'string') throw new SpecError(path, 'an expression is wanted');
  if (text === '') return () => true;
  const evaluate = compiled(path, text);
  return ({ attributes }) => {
    const { value, error } = evaluate(attributes);
    return value === true && error === undefined;
  };
};

const compiled = (path: string, text: string): ReturnType<typeof compile> => {
  try {
    return compile(parse(text));
  } catch (error) {
    if (error instanceof ParseError) throw new SpecError(path, error.message);
    throw error;
  }
};
