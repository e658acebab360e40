import { Problem, unavailable } from './problem.ts';

/** Errors of postgres.js and Node that say: the database or its connection is away, not the query wrong. */
const connectionCodes = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_CONNECT_TIMEOUT',
  'CONNECTION_DESTROYED',
  'CONNECTION_ENDED',
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
]);

/** SQLSTATE classes that a later try may not meet: connection, resources, operator intervention, rollback. */
const transientStates = /^(08|53|57|58|40)[0-9A-Z]{3}$/;
/** Wrong password, no such role or database: set-up that someone is mending, never the caller's fault. */
const loginStates = /^(28|3D)[0-9A-Z]{3}$/;

const causes = function* (error: unknown) {
  let at = error;
  for (let depth = 0; depth < 8 && at instanceof Error; depth++) {
    yield at as Error & { code?: unknown; errors?: unknown; retriable?: unknown };
    at = at.cause ?? (at as { errors?: unknown[] }).errors?.[0];
  }
};

/** Why a dependency cannot serve, in words that may be public; undefined when the error is something else. */
export const outageOf = (error: unknown): string | undefined => {
  for (const { code } of causes(error)) {
    if (typeof code !== 'string') continue;
    if (connectionCodes.has(code)) return 'not reachable';
    if (transientStates.test(code)) return 'not available';
    if (loginStates.test(code)) return 'refuses the login';
  }
  // The event log's errors say of themselves that they end by themselves.
  return [...causes(error)].some(({ retriable }) => retriable === true) ? 'not available' : undefined;
};

/** Any thrown thing as a Problem: itself, 503 for a dependency that is away, else 500 that says nothing. */
export const toProblem = (error: unknown): Problem => {
  if (error instanceof Problem) return error;
  if (outageOf(error)) return unavailable('A part that this needs is away; try again.', { cause: error });
  return new Problem('internal', 'Something failed here; it was logged.', { cause: error, retriable: true });
};
