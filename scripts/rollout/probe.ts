import { request } from 'node:http';
import { request as requestTls } from 'node:https';
import type { KubeObject } from '../../knative/local/store/types.ts';
import type { Probe } from './ports.ts';
import { candidateTag, type TrafficTarget } from './traffic.ts';

const answerWithinMs = 10_000;

/** Sends GETs, a few at once; an answer below 500 is none that failed. */
export const createProbe = (): Probe => ({
  async send(url, count) {
    let failed = 0;
    let left = count;
    const work = async () => {
      while (left-- > 0) if (!(await answers(url))) failed++;
    };
    await Promise.all(Array.from({ length: Math.min(4, count) }, work));
    return failed;
  },
});

/** To the candidate and to the Service, each a second's worth: both sides must have something to be compared by. */
export const sendProbes = async (probe: Probe, { status }: KubeObject, path: string): Promise<void> => {
  const url = status?.traffic?.find(({ tag }: TrafficTarget) => tag === candidateTag)?.url;
  const both = [url, status?.url].filter((one) => one !== undefined);
  await Promise.all(both.map((one) => probe.send(new URL(path, one).href, 20)));
};

const answers = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const { protocol, hostname, port, host, pathname, search } = new URL(url);
    const ask = protocol === 'https:' ? requestTls : request;
    const asking = ask({
      // Node resolves localhost only, no name below it.
      hostname: hostname.endsWith('.localhost') ? '127.0.0.1' : hostname,
      port: port || undefined,
      path: pathname + search,
      headers: { host, 'user-agent': 'kagari-rollout' },
      timeout: answerWithinMs,
    });
    asking.on('timeout', () => asking.destroy(new Error('no answer')));
    asking.on('error', () => resolve(false));
    asking.on('response', (response) => {
      response.resume();
      response.on('close', () => resolve(response.complete && (response.statusCode ?? 500) < 500));
    });
    asking.end();
  });
