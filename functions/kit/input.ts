import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type * as z from 'zod';
import type { Actor } from './actor.ts';
import { checkLength, readJsonText, readText } from './body.ts';
import type { Operation } from './operation.ts';
import { invalid, notFound } from './problem.ts';
import { check, fieldErrors, parseBody, storable } from './validate.ts';

/** Node's own request and response; absent where a test calls app.request(). */
export type Env = { Bindings: Partial<HttpBindings> };

/** What a handler gets: the verified actor and the parsed parts that its operation declares. */
export interface Input<O extends Operation> {
  c: Context<Env>;
  actor: O extends { access: 'customer' | 'operator' } ? Actor : undefined;
  params: O extends { params: infer S extends z.ZodType } ? z.output<S> : undefined;
  query: O extends { query: infer S extends z.ZodType } ? z.output<S> : undefined;
  headers: O extends { headers: infer S extends z.ZodType } ? z.output<S> : undefined;
  body: O extends { rawBody: true }
    ? string
    : O extends { body: infer S extends z.ZodType }
      ? z.output<S>
      : undefined;
}

/** Reads and checks what the operation declares: 404 for bad ids, then 413, 415 (not of a raw body), 400, and 422. */
export const readInput = async <O extends Operation>(
  declared: O,
  c: Context<Env>,
  actor: Actor | undefined,
): Promise<Input<O>> => {
  const params = declared.params && readParams(declared.params, c);
  checkLength(c);
  const text = await textOf(declared, c);
  const query = declared.query && readQuery(declared.query, c);
  const headers = declared.headers && readHeaders(declared.headers, c);
  const body = declared.rawBody ? text : declared.body && parseBody(declared.body, text);
  return { c, actor, params, query, headers, body } as Input<O>;
};

const textOf = ({ body, rawBody }: Operation, c: Context) => {
  if (rawBody) return readText(c);
  return body ? readJsonText(c) : '';
};

const isId = (name: PropertyKey | undefined) => typeof name === 'string' && /^id$|Id$/.test(name);

const readParams = (schema: z.ZodObject, c: Context) => {
  const given = c.req.param() as Record<string, string>;
  const result = schema.safeParse(given);
  if (result.success && Object.values(given).every(storable)) return result.data;
  // An id that is no id names nothing: 404, as for any that does not exist.
  if (result.success || result.error.issues.some((issue) => isId(issue.path[0]))) throw notFound();
  throw invalid(fieldErrors(result.error, '#/path'));
};

const readQuery = (schema: z.ZodObject, c: Context) => {
  const given = Object.fromEntries(
    Object.entries(c.req.queries()).map(([name, values]) => [name, values.length > 1 ? values : values[0]]),
  );
  for (const [name, value] of Object.entries(given))
    if (typeof value === 'string' && !storable(value))
      throw invalid([
        {
          pointer: `#/query/${encodeURIComponent(name.toWellFormed())}`,
          detail: 'text that cannot be stored',
        },
      ]);
  return check(schema, given, '#/query');
};

const readHeaders = (schema: z.ZodObject, c: Context) =>
  check(
    schema,
    Object.fromEntries(Object.keys(schema.shape).map((name) => [name, c.req.header(name)])),
    '#/headers',
  );
