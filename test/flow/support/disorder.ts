import { setTimeout as sleep } from 'node:timers/promises';
import { chanceOf } from './chance.ts';
import type { FetchApp } from './events.ts';

export interface Disorder {
  seed: number;
  /** Chance that a request never arrives, and the same again that its answer does not. */
  loss: number;
  /** Chance that a request arrives a second time, at some other moment. */
  duplication: number;
  /** Each request takes up to this long, so that they overtake each other. */
  delayMs: number;
  /** No webhook of the bank arrives at all. */
  noWebhooks: boolean;
}

export const order: Disorder = { seed: 0, loss: 0, duplication: 0, delayMs: 0, noWebhooks: false };

/** A network that loses, doubles and reorders what passes it, as the disorder of the hour says. */
export const createNetwork = () => {
  let disorder = order;
  let chance = chanceOf(0);
  const repeats = new Set<Promise<unknown>>();
  const lost = () => new Response(null, { status: 503 });

  const pass = async (part: string, app: FetchApp, request: Request): Promise<Response> => {
    const { method, url, headers } = request;
    const body = method === 'GET' ? null : await request.arrayBuffer();
    const arrive = async () => {
      await sleep(chance() * disorder.delayMs);
      return app.fetch(new Request(url, { method, headers, body: body?.slice(0) ?? null }));
    };
    if (part === 'webhook' && disorder.noWebhooks) return lost();
    if (chance() < disorder.loss) return lost();
    if (chance() < disorder.duplication) {
      const repeat: Promise<unknown> = arrive().finally(() => repeats.delete(repeat));
      repeats.add(repeat);
    }
    const answer = await arrive();
    return chance() < disorder.loss ? lost() : answer;
  };

  return {
    between: (part: string, app: FetchApp): FetchApp => ({ fetch: (request) => pass(part, app, request) }),
    set(next: Disorder) {
      disorder = next;
      chance = chanceOf(next.seed);
    },
    idle: () => repeats.size === 0,
  };
};
