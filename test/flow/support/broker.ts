import { setTimeout as sleep } from 'node:timers/promises';
import type { CloudEvent } from '../../../eventing/contracts/cloud-event.ts';
import { binaryMode } from '../../../eventing/outbox/binary-mode.ts';
import { readCloudEvent } from '../../../functions/kit/cloud-event.ts';
import { startTestServer } from '../../../functions/kit/testing.ts';
import type { Subscription } from './triggers.ts';

export interface BrokerOptions {
  triggers: readonly Subscription[];
  /** The base URL of a subscriber, or undefined where the test runs none. */
  urlOf: (subscriber: string) => string | undefined;
  retries: number;
  /** Before retry n, from 1. */
  backoffMs: (n: number) => number;
}

/** As much of a broker as the flow needs: each event to each subscriber of its type, tried again, then to the desk. */
export const startBroker = async ({ triggers, urlOf, retries, backoffMs }: BrokerOptions) => {
  const accepted: CloudEvent[] = [];
  const deadLetters: CloudEvent[] = [];
  const onTheWay = new Set<Promise<void>>();
  let closed = false;

  const post = async (url: string, event: CloudEvent): Promise<{ code: number; body: string }> => {
    const { headers, body } = binaryMode(event);
    try {
      const response = await fetch(url, { method: 'POST', headers, body: new Uint8Array(body) });
      return { code: response.status, body: await response.text() };
    } catch {
      return { code: 503, body: '' };
    }
  };

  const deliver = async (url: string, event: CloudEvent): Promise<void> => {
    let answer = await post(url, event);
    for (let n = 1; n <= retries && answer.code >= 500 && !closed; n++) {
      await sleep(backoffMs(n));
      answer = await post(url, event);
    }
    if (answer.code < 300 || closed) return;
    const dead = {
      ...event,
      knativeerrordest: url,
      knativeerrorcode: String(answer.code),
      knativeerrordata: Buffer.from(answer.body).subarray(0, 1024).toString('base64'),
    };
    deadLetters.push(dead);
    const desk = urlOf('deadletters');
    if (desk) await post(`${desk}/_events`, dead);
  };

  const publish = (event: CloudEvent) => {
    accepted.push(event);
    for (const { type, subscriber } of triggers) {
      const url = type === event.type && urlOf(subscriber);
      if (!url) continue;
      const delivery: Promise<void> = deliver(`${url}/_events`, event).finally(() =>
        onTheWay.delete(delivery),
      );
      onTheWay.add(delivery);
    }
  };

  const app = {
    fetch: async (request: Request) => {
      publish(readCloudEvent(request.headers, new Uint8Array(await request.arrayBuffer())));
      return new Response(null, { status: 202 });
    },
  };
  return {
    app,
    accepted,
    deadLetters,
    publish,
    /** Serves the ingress, by default as it is. */
    serve: (front: typeof app = app) => startTestServer(front),
    idle: () => onTheWay.size === 0,
    async close() {
      closed = true;
      await Promise.all(onTheWay);
    },
  };
};
