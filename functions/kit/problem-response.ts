import type { Log } from './log.ts';
import { toProblem } from './outage.ts';
import type { Problem } from './problem.ts';

/** The problem as RFC 9457 document; never a stack, never a cause. */
export const problemResponse = ({ code, status, title, detail, errors, headers }: Problem): Response =>
  new Response(
    JSON.stringify({
      type: `urn:kagari:problem:${code}`,
      title,
      status,
      detail,
      code,
      ...(errors && { errors }),
    }),
    { status, headers: { 'content-type': 'application/problem+json', ...headers } },
  );

/** The one place where what was thrown becomes an answer: the caller gets the problem, the log its cause. */
export const answerError = (error: unknown, log: Log): Response => {
  const problem = toProblem(error);
  if (problem.status >= 500) {
    const level = problem.status === 500 ? 'error' : 'warn';
    log[level]({ err: problem.cause ?? problem, code: problem.code }, problem.detail);
  }
  return problemResponse(problem);
};
