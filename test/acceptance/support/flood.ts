import { setTimeout as sleep } from 'node:timers/promises';
import type { Reply } from './web.ts';

export interface Flood {
  answered(): number;
  /** Sends nothing more and resolves when everything is answered. */
  end(): Promise<{ sent: number; failed: string[]; replies: Reply[] }>;
}

/** Sends at an even pace, whether or not answers come; anything but 2xx is a failure. */
export const flood = (perSecond: number, send: () => Promise<Reply>): Flood => {
  const [replies, failed, inHand]: [Reply[], string[], Set<Promise<void>>] = [[], [], new Set()];
  let ended = false;
  let sent = 0;
  const one = async () => {
    try {
      const reply = await send();
      replies.push(reply);
      if (reply.status >= 300) failed.push(`${reply.status} ${reply.text.slice(0, 200)}`);
    } catch (error) {
      failed.push(String(error));
    }
  };
  const running = (async () => {
    const start = performance.now();
    while (!ended) {
      for (const due = ((performance.now() - start) * perSecond) / 1000; sent < due; sent++) {
        const sending = one().finally(() => inHand.delete(sending));
        inHand.add(sending);
      }
      await sleep(5);
    }
  })();
  return {
    answered: () => replies.length,
    async end() {
      ended = true;
      await running;
      await Promise.all(inHand);
      return { sent, failed, replies };
    },
  };
};
