import { attemptHeader } from '../../../eventing/broker/attempts.ts';
import type { Deliver } from '../../../eventing/broker/deliver.ts';
import type { CloudEvent } from '../../../eventing/broker/event.ts';
import { pause } from '../../../eventing/log/backoff.ts';

const retries = 5;
const firstPauseMs = 50;
const timeoutMs = 30_000;

/**
 * Sends one event and tries again a bounded number of times, as Knative's PingSource: five times, after 50 ms, 100 ms
 * and so on. Answers why it was not taken, or undefined when it was; `signal` ends it at once.
 */
export const sendPing = async (
  deliver: Deliver,
  url: string,
  event: CloudEvent,
  signal: AbortSignal,
): Promise<string | undefined> => {
  for (let attempt = 0; ; attempt++) {
    const headers = { [attemptHeader]: `${attempt + 1}/${retries + 1}` };
    const answer = await deliver({ url, event, headers, timeoutMs, signal }).catch((error: Error) => error);
    const code = answer instanceof Error ? undefined : answer.code;
    if (code !== undefined && code < 300) return undefined;
    const final = attempt === retries || (code !== undefined && !isRetried(code));
    if (final || signal.aborted) return answer instanceof Error ? answer.message : `status ${code}`;
    await pause(firstPauseMs * 2 ** attempt, signal);
  }
};

const isRetried = (code: number) => code >= 500 || [404, 408, 413, 425, 429].includes(code);
