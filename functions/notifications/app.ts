import * as z from 'zod';
import { orderCancelled, orderFailed, orderPaid } from '../../eventing/contracts/order.ts';
import { userSignedUp } from '../../eventing/contracts/user.ts';
import type { Base } from '../kit/base.ts';
import { handle } from '../kit/events.ts';
import { createFunction } from '../kit/function.ts';
import type { Inbox, OnceBy } from '../kit/inbox.ts';
import { pageOf, startOf } from '../kit/page.ts';
import { Problem } from '../kit/problem.ts';
import { type Mail, orderCancelledMail, orderFailedMail, orderPaidMail, welcome } from './compose-mail.ts';
import type { Delivery } from './deliver-letters.ts';
import { operations } from './operations.ts';
import { sendMail } from './send-mail.ts';
import type { Store } from './store.ts';

export interface Deps {
  base: Base;
  store: Store;
  outbox: Inbox;
  /** Absent: mails stay in the database. */
  delivery?: Delivery;
}

export const createApp = ({ base, store, outbox, delivery }: Deps) => {
  const fn = createFunction(base);

  /** Writes the mail once, and has it on its way as soon as it is committed. */
  const send = async (onceBy: OnceBy, mail: Mail, email?: string) => {
    const sending = { ...(email !== undefined && { email }), leaseMs: delivery?.leaseMs };
    const letter = await sendMail(onceBy, mail, sending).catch((error) => {
      // Whether a statement whose answer got lost was committed, the table knows.
      if (!(error instanceof Problem)) delivery?.wakeAt(new Date(Date.now() + delivery.leaseMs));
      throw error;
    });
    if (letter) delivery?.begin([letter]);
  };

  fn.on(operations.listMails, async ({ c, actor, query }) => {
    const { items, nextCursor } = pageOf(await store.list(actor.id, startOf(query), query.limit + 1), query);
    return c.json({
      items: items.map((mail) => ({ ...mail, sentAt: mail.sentAt.toISOString() })),
      nextCursor,
    });
  });

  fn.events({
    outbox,
    consumer: 'notifications',
    handlers: [
      handle(userSignedUp, ({ data: { userId, email }, onceBy }) => send(onceBy, welcome(userId), email)),
      handle(orderPaid, ({ data: { userId, orderId, total }, onceBy }) =>
        send(onceBy, orderPaidMail(userId, orderId, total)),
      ),
      handle(orderFailed, ({ data: { userId, orderId, reason }, onceBy }) =>
        send(onceBy, orderFailedMail(userId, orderId, reason)),
      ),
      handle(orderCancelled, ({ data: { userId, orderId, refund }, onceBy }) =>
        send(onceBy, orderCancelledMail(userId, orderId, refund)),
      ),
      // Whoever sleeps has no timer for what is to be tried again.
      handle(ping, async () => delivery?.wakeAt(new Date())),
    ],
  });

  return fn.app;
};

const ping = { type: 'dev.knative.sources.ping', schema: z.unknown() };

export type App = ReturnType<typeof createApp>;
