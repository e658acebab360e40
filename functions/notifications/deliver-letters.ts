import type { Transact } from '../kit/inbox.ts';
import { createLeasedWork, type LeasedWork } from '../kit/leased-work.ts';
import type { Log } from '../kit/log.ts';
import type { Letter } from './letter.ts';
import { type LetterQueue, markSent } from './letter-queue.ts';
import { RefusedLetter, type SendLetter } from './smtp.ts';

export type Delivery = LeasedWork<Letter>;

export interface DeliveryOptions {
  queue: LetterQueue;
  transaction: Transact;
  send: SendLetter;
  log: Log;
  timeoutMs?: number;
  firstRetryMs?: number;
  /** After which time a mail is of no use any more; by default as RFC 5321 §4.5.4.1 has it. */
  giveUpAfterMs?: number;
}

const maxRetryMs = 3_600_000;
const longestReply = 500;

/**
 * Hands mails to the SMTP server, each by one process at a time, until it has them. At least once: a process that dies, or a
 * connection that breaks, between the server's last word and our commit leaves a mail that is sent again, under the same
 * Message-ID. What this process knows to be sent it never sends again, however long its database is away.
 */
export const createDelivery = ({
  queue,
  transaction,
  send,
  log,
  timeoutMs = 120_000,
  firstRetryMs = 1_000,
  giveUpAfterMs = 4 * 86_400_000,
}: DeliveryOptions): Delivery => {
  /** Taken by the server, and not yet noted: the server's replies by the mails' ids. */
  const taken = new Map<string, string>();

  const settleFailure = async (letter: Letter, error: unknown): Promise<Date | undefined> => {
    const { id, attempts, createdAt } = letter;
    const reply = String(error instanceof Error ? error.message : error).slice(0, longestReply);
    const about = { notificationId: id, attempts, reply };
    const refused = error instanceof RefusedLetter;
    if (refused || Date.now() - createdAt.getTime() > giveUpAfterMs) {
      log.error(about, refused ? 'mail refused' : 'mail given up');
      await queue.giveUp(id, refused ? 'refused' : 'abandoned', reply);
      return undefined;
    }
    log.warn(about, 'mail not sent; it is tried again');
    const retryMs = Math.min(firstRetryMs * 2 ** (attempts - 1), maxRetryMs);
    await queue.retryAfter(id, retryMs, reply);
    return new Date(Date.now() + retryMs);
  };

  const attempt = async (letter: Letter, signal: AbortSignal): Promise<Date | undefined> => {
    const { id } = letter;
    let reply = taken.get(id);
    if (reply === undefined) {
      try {
        reply = await send(letter, signal);
      } catch (error) {
        return settleFailure(letter, error);
      }
      taken.set(id, reply);
    }
    const noted = { id, reply: reply.slice(0, longestReply) };
    await transaction((tx, publish) => markSent(tx, publish, noted));
    taken.delete(id);
    return undefined;
  };

  return createLeasedWork({
    name: 'the sending of mail',
    log,
    timeoutMs,
    most: 10,
    claim: queue.claimDue,
    giveBack: queue.giveBack,
    nextDue: queue.nextDue,
    attempt,
    // A mail that is cut off between the server's ears and ours is sent twice.
    graceMs: 4_000,
  });
};
