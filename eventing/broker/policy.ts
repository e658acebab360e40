import { parseDuration } from './duration.ts';
import { type DeliverySpec, SpecError } from './types.ts';

/** A DeliverySpec, parsed. */
export interface Policy {
  retry: number;
  timeoutMs: number;
  /** Milliseconds before retry `n`, from 1; `retryAfter` is the answer's header. */
  pauseMs(n: number, answer?: { code: number; retryAfter: string | undefined }): number;
  deadLetterSink: string | undefined;
}

/** Knative's Kafka broker's own, where a spec says nothing. */
const defaultTimeoutMs = 600_000;
const defaultDelayMs = 200;
/** What a timer can wait: 24.8 days. */
const longestMs = 0x7fffffff;

/** Throws SpecError. */
export const policyOf = (spec: DeliverySpec = {}): Policy => {
  const {
    retry = 0,
    backoffPolicy = 'exponential',
    backoffDelay,
    timeout,
    retryAfterMax,
    deadLetterSink,
  } = spec;
  if (!Number.isInteger(retry) || retry < 0)
    throw new SpecError('delivery.retry', `${retry} is no whole number from 0 on`);
  if (backoffPolicy !== 'linear' && backoffPolicy !== 'exponential')
    throw new SpecError('delivery.backoffPolicy', `"${backoffPolicy}" is neither linear nor exponential`);
  const delayMs =
    backoffDelay === undefined ? defaultDelayMs : parseDuration('delivery.backoffDelay', backoffDelay);
  const timeoutMs = timeout === undefined ? 0 : parseDuration('delivery.timeout', timeout);
  const mostRetryAfterMs =
    retryAfterMax === undefined ? 0 : parseDuration('delivery.retryAfterMax', retryAfterMax);
  if (deadLetterSink !== undefined) checkUrl('delivery.deadLetterSink', deadLetterSink);
  return {
    retry,
    timeoutMs: Math.min(timeoutMs || defaultTimeoutMs, longestMs),
    deadLetterSink,
    pauseMs(n, answer) {
      const backoff = delayMs * (backoffPolicy === 'linear' ? n : 2 ** Math.min(n, 60));
      const asked = answer?.code === 429 || answer?.code === 503 ? retryAfterMs(answer.retryAfter) : 0;
      return Math.min(Math.max(backoff, Math.min(asked, mostRetryAfterMs)), longestMs);
    },
  };
};

/** Throws SpecError. */
export const checkUrl = (path: string, url: string): void => {
  if (!/^https?:\/\/[^/]/.test(url) || !URL.canParse(url))
    throw new SpecError(path, `"${url}" is no absolute http or https URL`);
};

/** RFC 9110, section 10.2.3: seconds or a date; anything else says nothing. */
const retryAfterMs = (header = ''): number => {
  if (/^\d+$/.test(header)) return Number(header) * 1_000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? 0 : Math.max(0, date - Date.now());
};
