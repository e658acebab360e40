import { createDueLoop } from '../kit/due-loop.ts';
import type { Log } from '../kit/log.ts';
import type { Message } from './charge.ts';
import type { ChargeStore } from './charge-store.ts';
import type { MessageStore } from './message-store.ts';
import type { SendWebhook } from './webhook.ts';

export interface MessageSender {
  /** How long a message belongs to whoever claimed it. */
  leaseMs: number;
  /** Sends messages that the caller has claimed, without waiting for them. */
  send(messages: readonly Message[]): void;
  /** A charge is due at that time. */
  wakeAt(time: Date): void;
  start(): void;
  stop(): Promise<void>;
}

export interface MessageSenderOptions {
  charges: ChargeStore;
  messages: MessageStore;
  webhook: SendWebhook;
  log: Log;
  timeoutMs?: number;
  firstRetryMs?: number;
  /** Tries before a message is given up: by default for about two days. */
  tries?: number;
}

const most = 100;
const maxRetryMs = 3_600_000;
/** How long a stopping process waits for answers; a webhook that is cut off is sent again by the next. */
const graceMs = 1_000;

/** Captures late charges and sends messages: at once, when due, and at start what an earlier process left. */
export const createMessageSender = ({
  charges,
  messages,
  webhook,
  log,
  timeoutMs = 5_000,
  firstRetryMs = 200,
  tries = 64,
}: MessageSenderOptions): MessageSender => {
  const leaseMs = timeoutMs + 3_000;
  const onTheWay = new Set<Promise<void>>();
  const stopping = new AbortController();

  const attempt = async (message: Message) => {
    try {
      await webhook(message, AbortSignal.any([stopping.signal, AbortSignal.timeout(timeoutMs)]));
    } catch (err) {
      const about = { err, webhookId: message.webhookId, attempts: message.attempts };
      if (message.attempts >= tries) {
        log.error(about, 'webhook abandoned');
        return messages.markAbandoned(message.id);
      }
      log.warn(about, 'webhook not delivered; it is sent again');
      const retryMs = Math.min(firstRetryMs * 2 ** (message.attempts - 1), maxRetryMs);
      await messages.retryAfter(message.id, retryMs);
      return loop.wakeAt(new Date(Date.now() + retryMs));
    }
    await messages.markDelivered(message.id);
  };

  const send = (claimed: readonly Message[]) => {
    for (const message of claimed) {
      // A callee that hangs must not pile up messages in here: the rest waits in the database, until its lease ends.
      if (onTheWay.size >= most) return loop.wakeAt(new Date(Date.now() + leaseMs));
      const sending = attempt(message)
        // What the database does not hear stays claimed and is sent again when the lease ends.
        .catch((err) => {
          log.warn({ err, webhookId: message.webhookId }, 'the outcome of a webhook could not be kept');
          loop.wakeAt(new Date(Date.now() + leaseMs));
        })
        .finally(() => onTheWay.delete(sending));
      onTheWay.add(sending);
    }
  };

  const run = async () => {
    await charges.captureDue(most);
    if (onTheWay.size >= most) await Promise.race(onTheWay);
    send(await messages.claimDue(most - onTheWay.size, leaseMs));
    return messages.nextDue();
  };

  const loop = createDueLoop({ name: 'the sending of webhooks', run, log });

  return {
    leaseMs,
    send,
    wakeAt: loop.wakeAt,
    start: loop.start,
    async stop() {
      await loop.stop();
      const cut = setTimeout(() => stopping.abort(), graceMs);
      await Promise.all(onTheWay);
      clearTimeout(cut);
    },
  };
};
