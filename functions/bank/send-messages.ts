import { createLeasedWork } from '../kit/leased-work.ts';
import type { Log } from '../kit/log.ts';
import type { Message } from './charge.ts';
import type { ChargeStore } from './charge-store.ts';
import type { MessageStore } from './message-store.ts';
import type { SendWebhook } from './webhook.ts';

export type MessageSender = ReturnType<typeof createMessageSender>;

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

const maxRetryMs = 3_600_000;

/** Captures late charges and sends messages; a webhook that is cut off is sent again. */
export const createMessageSender = ({
  charges,
  messages,
  webhook,
  log,
  timeoutMs = 5_000,
  firstRetryMs = 200,
  tries = 64,
}: MessageSenderOptions) => {
  const attempt = async (message: Message, signal: AbortSignal): Promise<Date | undefined> => {
    try {
      await webhook(message, signal);
    } catch (err) {
      const about = { err, webhookId: message.webhookId, attempts: message.attempts };
      if (message.attempts >= tries) {
        log.error(about, 'webhook abandoned');
        await messages.markAbandoned(message.id);
        return undefined;
      }
      log.warn(about, 'webhook not delivered; it is sent again');
      const retryMs = Math.min(firstRetryMs * 2 ** (message.attempts - 1), maxRetryMs);
      await messages.retryAfter(message.id, retryMs);
      return new Date(Date.now() + retryMs);
    }
    await messages.markDelivered(message.id);
    return undefined;
  };

  return createLeasedWork({
    name: 'the sending of webhooks',
    log,
    timeoutMs,
    most: 100,
    claim: async (limit, leaseMs) => {
      await charges.captureDue(limit);
      return messages.claimDue(limit, leaseMs);
    },
    async giveBack(claimed) {
      await Promise.all(claimed.map(({ id }) => messages.retryAfter(id, 0)));
    },
    nextDue: messages.nextDue,
    attempt,
  });
};
