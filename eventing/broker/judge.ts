import { pause } from '../log/backoff.ts';
import { Interrupted } from './attempts.ts';
import { type CloudEvent, identityOf } from './event.ts';
import type { EventFilter } from './filter.ts';
import type { Policy } from './policy.ts';
import type { Attempted } from './types.ts';

export interface Judgement {
  filter: EventFilter;
  event: CloudEvent;
  /** Where the event goes if the filter wants it. */
  url: string;
  policy: Policy;
  signal: AbortSignal;
  /** Called after each try that failed, at once. */
  onAttempt(attempted: Attempted): void;
}

/** For one answer of a filter that does not answer at once; the trigger's own timeout may be less. */
const longestMs = 10_000;

/**
 * Whether the filter wants the event. One that fails is asked again as the policy says, and each failure is a failed
 * attempt to deliver. Throws FilterFailed when the policy gives it up, Interrupted.
 */
export const judge = async (judgement: Judgement): Promise<boolean> => {
  const { filter, event, policy, signal } = judgement;
  for (let attempt = 1; ; attempt++) {
    const began = performance.now();
    try {
      const answer = filter(event);
      if (typeof answer === 'boolean') return answer;
      return await within(Math.min(policy.timeoutMs, longestMs), signal, answer);
    } catch (cause) {
      const failure = new FilterFailed(cause);
      const retried = attempt <= policy.retry;
      note(judgement, attempt, performance.now() - began, failure.message, retried);
      if (!signal.aborted && !retried) throw failure;
      await pause(policy.pauseMs(attempt), signal);
      if (signal.aborted) throw new Interrupted();
    }
  }
};

export class FilterFailed extends Error {
  constructor(cause: unknown) {
    super(`the filter failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'FilterFailed';
  }
}

const note = (
  { url, event, signal, onAttempt }: Judgement,
  attempt: number,
  ms: number,
  reason: string,
  retried: boolean,
): void => {
  const outcome = signal.aborted ? 'interrupted' : retried ? 'retried' : 'failed';
  const to = 'subscriber';
  onAttempt({ to, url, event: identityOf(event), attempt, code: null, ms, headers: {}, outcome, reason });
};

const within = (ms: number, signal: AbortSignal, answer: Promise<boolean>): Promise<boolean> =>
  new Promise<boolean>((resolve, reject) => {
    const settle = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    };
    const abort = () => reject(new Interrupted());
    const timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    answer.then(resolve, reject).finally(settle);
  });
