import type * as z from 'zod';

/** public: anybody. customer: signed in, own things only. operator: role operator. internal: never through the gateway. */
export type Access = 'public' | 'customer' | 'operator' | 'internal';

export interface Reply {
  description: string;
  schema?: z.ZodType;
  /** Header name to what it says. */
  headers?: Record<string, string>;
  /** application/json when a schema is given. */
  contentType?: string;
}

/**
 * One route: the source of its validation, its OpenAPI entry and the gateway's allow-list. Bodies and queries use
 * z.strictObject: unknown fields are 422. Parameters named `id` or `…Id` that fail their schema are 404.
 */
export interface Operation {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Hono's form: `/`, `/:id`, `/:id/redrive`. */
  path: string;
  access: Access;
  summary: string;
  description?: string;
  params?: z.ZodObject;
  query?: z.ZodObject;
  /** Lower-case names. */
  headers?: z.ZodObject;
  body?: z.ZodType;
  /** sign-in: much work here for little of the caller's; the gateway lets fewer of them pass. */
  limit?: 'sign-in';
  /** The handler gets the body as text, and after its own check, a signature's, looks at it (checkMediaType, parseBody). */
  rawBody?: true;
  /** Success and the operation's own refusals; what parser and gateway answer is documented by itself. */
  responses: Record<number, Reply>;
}

export type Operations = Record<string, Operation>;

/** Keeps the literal types, so that a handler knows its params, query, headers, body and actor. */
export const operation = <const O extends Operation>(declared: O): O => declared;
