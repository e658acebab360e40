import type { Log } from './log.ts';
import { toProblem } from './outage.ts';
import type { Problem } from './problem.ts';

/** The problem as RFC 9457 document; never a stack, never a cause. */
export const problemDocument = ({ code, status, title, detail, errors }: Problem): string =>
  JSON.stringify({
    type: `urn:kagari:problem:${code}`,
    title,
    status,
    detail,
    code,
    ...(errors && { errors }),
  });

export const problemResponse = (problem: Problem): Response =>
  new Response(problemDocument(problem), {
    status: problem.status,
    headers: {
      'content-type': 'application/problem+json',
      // RFC 9110 §11.6.1: a 401 always says how to sign in.
      ...(problem.status === 401 && { 'www-authenticate': 'Bearer realm="kagari"' }),
      ...problem.headers,
    },
  });

/** The one place where what was thrown becomes an answer: the caller gets the problem, the log its cause. */
export const answerError = (error: unknown, log: Log): Response => {
  const problem = toProblem(error);
  if (problem.status >= 500) {
    const level = problem.status === 500 ? 'error' : 'warn';
    log[level]({ err: problem.cause ?? problem, code: problem.code }, problem.detail);
  }
  return problemResponse(problem);
};
