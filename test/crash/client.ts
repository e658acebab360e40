import { setTimeout as sleep } from 'node:timers/promises';

export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what comes is read by who asked.
  body: any;
}

export interface Asking {
  token?: string;
  body?: unknown;
  key?: string;
}

/** How long a client goes on trying: far longer than any recovery may take. */
const patienceMs = 120_000;
const attemptMs = 30_000;
/** Neither done nor refused: to be tried again. */
const undecided = new Set([408, 425, 429, 500, 502, 503, 504]);

export class NoAnswer extends Error {}

/** Asks until there is an answer that decides, as a good client does; throws where patience ends. */
export const ask = async (
  base: string,
  method: string,
  path: string,
  { token, body, key }: Asking = {},
): Promise<Answer> => {
  const deadline = Date.now() + patienceMs;
  let last = '';
  while (Date.now() < deadline) {
    try {
      const answer = await fetch(base + path, {
        method,
        signal: AbortSignal.timeout(attemptMs),
        headers: {
          ...(token && { authorization: `Bearer ${token}` }),
          ...(key && { 'idempotency-key': key }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      last = `${answer.status} ${text}`;
      // In flight: the request before this one is still at work on it.
      const inFlight = answer.status === 409 && text.includes('in-flight');
      if (!undecided.has(answer.status) && !inFlight)
        return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
    } catch (error) {
      last = String((error as Error).cause ?? error);
    }
    await sleep(100);
  }
  throw new NoAnswer(`${method} ${path} had no answer within ${patienceMs / 1000} s, the last was: ${last}`);
};

/** Asks and takes one of these statuses only. */
export const expectAnswer = async (
  statuses: readonly number[],
  ...asked: Parameters<typeof ask>
): Promise<Answer> => {
  const answer = await ask(...asked);
  if (statuses.includes(answer.status)) return answer;
  throw new Error(`${asked[1]} ${asked[2]} answered ${answer.status} ${JSON.stringify(answer.body)}`);
};
