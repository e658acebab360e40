import { pause } from '../log/backoff.ts';
import { type Deliver, type DeliveryAnswer, DeliveryError } from './deliver.ts';
import { type CloudEvent, identityOf, type NotAnEvent } from './event.ts';
import { readEvent } from './http-message.ts';
import type { Policy } from './policy.ts';
import type { Attempted } from './types.ts';

/** What became of an event at one destination. */
export type Outcome =
  | { taken: true; reply: CloudEvent | undefined }
  /** `answer` where one came that says why. */
  | { taken: false; reason: string; answer?: DeliveryAnswer };

export interface Attempt {
  /** Of whoever sends. */
  namespace: string;
  to: Attempted['to'];
  url: string;
  event: CloudEvent;
  policy: Policy;
  signal: AbortSignal;
  /** `ignored`: whatever a 2xx carries, the event was taken. */
  replies?: 'ignored';
  /** Called after each attempt, at once. */
  onAttempt(attempted: Attempted): void;
}

/** The broker closes, or the partition went to another: the event is not done, and is delivered again. */
export class Interrupted extends Error {
  constructor() {
    super('the delivery was interrupted');
    this.name = 'Interrupted';
  }
}

/** Of each delivery: `3/6` is the third attempt of six at the most. Who counts deliveries must know which is the last. */
export const attemptHeader = 'kagari-attempt';

/** Delivers until the destination has taken the event or the policy gives it up. Throws Interrupted. */
export const createAttempts =
  (deliver: Deliver) =>
  async ({ namespace, to, url, event, policy, signal, replies, onAttempt }: Attempt): Promise<Outcome> => {
    for (let attempt = 1; ; attempt++) {
      const began = performance.now();
      const headers = {
        prefer: 'reply',
        'kn-namespace': namespace,
        [attemptHeader]: `${attempt}/${policy.retry + 1}`,
      };
      const request = { url, event, timeoutMs: policy.timeoutMs, signal, headers };
      const { outcome, answer, again } = await once(deliver, request, replies);
      const retried = again && attempt <= policy.retry;
      onAttempt({
        to,
        url,
        event: identityOf(event),
        attempt,
        code: answer?.code ?? null,
        ms: performance.now() - began,
        headers: answer?.headers ?? {},
        outcome: outcome.taken
          ? 'delivered'
          : signal.aborted
            ? 'interrupted'
            : retried
              ? 'retried'
              : 'failed',
        ...(!outcome.taken && { reason: outcome.reason }),
      });
      if (outcome.taken) return outcome;
      if (signal.aborted) throw new Interrupted();
      if (!retried) return outcome;
      const retryAfter = answer?.headers['retry-after'];
      await pause(
        policy.pauseMs(
          attempt,
          answer && {
            code: answer.code,
            retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
          },
        ),
        signal,
      );
      if (signal.aborted) throw new Interrupted();
    }
  };

interface Once {
  outcome: Outcome;
  answer?: DeliveryAnswer;
  /** Worth another try. */
  again: boolean;
}

const once = async (
  deliver: Deliver,
  request: Parameters<Deliver>[0],
  replies: Attempt['replies'],
): Promise<Once> => {
  let answer: DeliveryAnswer;
  try {
    answer = await deliver(request);
  } catch (error) {
    const again = !(error instanceof DeliveryError && error.reason === 'answer-too-large');
    return { outcome: { taken: false, reason: (error as Error).message }, again };
  }
  const { code, headers, body } = answer;
  if (code >= 300 || code < 200)
    return { outcome: { taken: false, reason: `status ${code}`, answer }, answer, again: isRetried(code) };
  const empty = body.byteLength === 0;
  if (replies === 'ignored' || (empty && headers['ce-id'] === undefined))
    return { outcome: { taken: true, reply: undefined }, answer, again: false };
  try {
    return { outcome: { taken: true, reply: readEvent(headers, body) }, answer, again: false };
  } catch (error) {
    if (empty) return { outcome: { taken: true, reply: undefined }, answer, again: false };
    const reason = `the answer's body is no CloudEvent: ${(error as NotAnEvent).message}`;
    return { outcome: { taken: false, reason }, answer, again: false };
  }
};

/** Knative's data plane specification, "Event acknowledgement and delivery retry". */
export const isRetried = (code: number): boolean =>
  code >= 500 || code === 404 || code === 408 || code === 409 || code === 429;
