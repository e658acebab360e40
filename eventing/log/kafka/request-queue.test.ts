import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';
import { expect, test, vi } from 'vitest';
import './request-queue.ts';

test('log 34: a queue in which nothing waits sets no timer; what waits is looked at until it is sent', () => {
  vi.useFakeTimers();
  try {
    const queue = new RequestQueue({
      maxInFlightRequests: 1,
      requestTimeout: 1_000,
      logger: { debug() {}, warn() {} },
      isConnected: () => true,
    });
    queue.checkPendingRequests();
    expect(vi.getTimerCount()).toBe(0);

    const sent: number[] = [];
    const push = (correlationId: number) =>
      queue.push({
        entry: { correlationId },
        expectResponse: true,
        sendRequest: () => sent.push(correlationId),
      });
    // A broker that throttles: nothing is sent until its time is over.
    queue.maybeThrottle(200);
    push(1);
    expect([sent, vi.getTimerCount()]).toEqual([[], 1]);
    vi.advanceTimersByTime(250);
    expect([sent, vi.getTimerCount()]).toEqual([[1], 0]);
  } finally {
    vi.useRealTimers();
  }
});
