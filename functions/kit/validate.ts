import type * as z from 'zod';
import { type FieldError, invalid, malformed } from './problem.ts';

/** Parses JSON text and checks it. Throws 400 when it is no JSON, 422 with a pointer for each wrong field. */
export const parseBody = <S extends z.ZodType>(schema: S, text: string): z.output<S> => {
  let value: unknown;
  if (text !== '') {
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw malformed('The body is not JSON.', { cause });
    }
  } else if (!schema.safeParse(undefined).success) {
    throw malformed('A JSON body is missing.');
  }
  // Only an escape can carry what PostgreSQL stores in no text: U+0000 and lone surrogates.
  if (text.includes('\\u')) refuseUnstorable(value, '#');
  return check(schema, value, '#');
};

/** Checks a value; wrong fields are named by JSON pointers below `at`. Throws 422. */
export const check = <S extends z.ZodType>(schema: S, value: unknown, at: string): z.output<S> => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalid(fieldErrors(result.error, at));
};

export const fieldErrors = (error: z.ZodError, at: string): FieldError[] =>
  error.issues.flatMap((issue) => {
    const pointer = at + issue.path.map(step).join('');
    if (issue.code !== 'unrecognized_keys') return [{ pointer, detail: issue.message }];
    return issue.keys.map((key) => ({ pointer: pointer + step(key), detail: 'unknown field' }));
  });

// RFC 6901 §3 and §6: ~ and / escaped, then percent-encoded as a URI fragment.
const step = (key: PropertyKey) =>
  `/${encodeURIComponent(String(key).toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1'))}`;

export const storable = (text: string) => text.isWellFormed() && !text.includes('\0');

const refuseUnstorable = (root: unknown, at: string): void => {
  const pending: [unknown, string][] = [[root, at]];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const [value, pointer] = next;
    if (typeof value === 'string' && !storable(value))
      throw invalid([{ pointer, detail: 'text with a character that cannot be stored' }]);
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, inner] of Object.entries(value)) {
      if (!storable(key)) throw invalid([{ pointer, detail: 'a field name that cannot be stored' }]);
      pending.push([inner, pointer + step(key)]);
    }
  }
};
