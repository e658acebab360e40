import { request } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import * as z from 'zod';
import type { Actor } from './actor.ts';
import { Problem, unavailable } from './problem.ts';
import { traceparent } from './trace.ts';

export interface Call<S extends z.ZodType> {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below the callee's URL, parameters encoded by the caller. */
  path: string;
  /** Sent as JSON. */
  body?: unknown;
  /** Whose bearer is passed on. */
  actor?: Actor;
  headers?: Record<string, string>;
  /** What a 2xx answer must be; absent: the body is not read. */
  schema?: S;
}

export interface CalleeOptions {
  /** For the log and for the public detail of a 503. */
  name: string;
  url: string;
  /** For the whole answer. */
  timeoutMs?: number;
}

const refusal = z.object({ code: z.string(), detail: z.string() });
/** What a caller of ours may hear as the callee said it; any other refusal is our own mistake. */
const passedOn = new Set([401, 403, 404, 409, 429]);

/** Calls another function. Throws Problem: 503 when it is away, late or failing; its own code for a refusal. */
export const createCallee = ({ name, url, timeoutMs = 5_000 }: CalleeOptions) => {
  const root = url.replace(/\/$/, '');

  return async <S extends z.ZodType = z.ZodUndefined>(call: Call<S>): Promise<z.output<S>> => {
    const { status, text } = await send(root + call.path, call, AbortSignal.timeout(timeoutMs)).catch(
      (cause) => {
        throw unavailable(`${name} does not answer.`, { cause });
      },
    );
    // Functions say what is not there in a problem document: an ingress that knows no such function does not.
    if (status >= 500 || (status === 404 && !problemIn(text)))
      throw unavailable(`${name} cannot serve now.`, { cause: new Error(`${status} ${text}`) });
    if (status >= 300) throw refused(name, status, text);
    return (call.schema ? parsed(name, call.schema, text) : undefined) as z.output<S>;
  };
};

/** By node:http: fetch costs the first call of a cold process 10 ms more. Both follow HTTP_PROXY in pods. */
const send = async (
  url: string,
  { method, body, actor, headers }: Call<z.ZodType>,
  signal: AbortSignal,
): Promise<{ status: number; text: string }> => {
  const trace = traceparent();
  const content = body === undefined ? undefined : JSON.stringify(body);
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const sent = request(url, {
    method,
    signal,
    headers: {
      accept: 'application/json',
      ...(content !== undefined && {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(content),
      }),
      ...(actor && { authorization: `Bearer ${actor.token}` }),
      ...(trace && { traceparent: trace }),
      ...headers,
    },
  });
  sent.once('error', reject);
  sent.once('response', (answer) => {
    readText(answer).then((text) => resolve({ status: answer.statusCode ?? 0, text }), reject);
  });
  sent.end(content);
  return promise;
};

const refused = (name: string, status: number, text: string): Problem => {
  const said = problemIn(text);
  const cause = new Error(`${name} answered ${status} ${text.slice(0, 500)}`);
  if (!passedOn.has(status) || !said)
    return new Problem('internal', 'Something failed here; it was logged.', { cause, retriable: false });
  return new Problem(said.code, said.detail, { status, cause, retriable: status === 429 });
};

const parsed = <S extends z.ZodType>(name: string, schema: S, text: string): z.output<S> => {
  const result = schema.safeParse(jsonOf(text));
  if (result.success) return result.data;
  throw new Problem('internal', 'Something failed here; it was logged.', {
    cause: new Error(`${name} answered what it should not: ${result.error.message}`),
    retriable: false,
  });
};

const problemIn = (text: string) => refusal.safeParse(jsonOf(text)).data;

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
