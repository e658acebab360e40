import { setTimeout as sleep } from 'node:timers/promises';

/** Posts to an address inside the cluster; rejects where no answer came. */
export type Post = (
  url: string,
  request: { headers: Record<string, string>; body: Uint8Array; signal: AbortSignal },
) => Promise<{ status: number }>;

export interface SendOptions {
  /** Ends the sending at once. */
  signal: AbortSignal;
  retries?: number;
  firstDelayMs?: number;
  timeoutMs?: number;
}

const retriable = (status: number) => status >= 500 || [404, 408, 413, 425, 429].includes(status);

/**
 * Sends one event and tries again a bounded number of times, ever more slowly: five times after 50 ms, 100 ms and so on,
 * as Knative's PingSource. Answers why it was not taken, or undefined when it was.
 */
export const sendPing = async (
  post: Post,
  url: string,
  event: { headers: Record<string, string>; body: Uint8Array },
  { signal, retries = 5, firstDelayMs = 50, timeoutMs = 30_000 }: SendOptions,
): Promise<string | undefined> => {
  for (let attempt = 0; ; attempt++) {
    const { status, reason } = await tryOnce(
      post,
      url,
      event,
      AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    );
    if (status !== undefined && status < 300) return undefined;
    const final = attempt === retries || (status !== undefined && !retriable(status));
    if (final || signal.aborted) return reason ?? `HTTP ${status}`;
    await sleep(firstDelayMs * 2 ** attempt, undefined, { signal }).catch(() => {});
  }
};

const tryOnce = async (
  post: Post,
  url: string,
  { headers, body }: { headers: Record<string, string>; body: Uint8Array },
  signal: AbortSignal,
): Promise<{ status?: number; reason?: string }> => {
  try {
    return await post(url, { headers, body, signal });
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
};
