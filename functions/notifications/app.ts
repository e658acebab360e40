import { orderCancelled, orderFailed, orderPaid } from '../../eventing/contracts/order.ts';
import { userSignedUp } from '../../eventing/contracts/user.ts';
import type { Base } from '../kit/base.ts';
import { handle } from '../kit/events.ts';
import { createFunction } from '../kit/function.ts';
import type { Inbox } from '../kit/inbox.ts';
import { pageOf, startOf } from '../kit/page.ts';
import { orderCancelledMail, orderFailedMail, orderPaidMail } from './compose-mail.ts';
import { greetUser } from './greet-user.ts';
import { operations } from './operations.ts';
import { sendMail } from './send-mail.ts';
import type { Store } from './store.ts';

export interface Deps {
  base: Base;
  store: Store;
  outbox: Inbox;
}

export const createApp = ({ base, store, outbox }: Deps) => {
  const fn = createFunction(base);

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
      handle(userSignedUp, async ({ data, once }) => {
        await once((tx, publish) => greetUser(tx, publish, data));
      }),
      handle(orderPaid, async ({ data: { userId, orderId, total }, once }) => {
        await once((tx, publish) => sendMail(tx, publish, orderPaidMail(userId, orderId, total)));
      }),
      handle(orderFailed, async ({ data: { userId, orderId, reason }, once }) => {
        await once((tx, publish) => sendMail(tx, publish, orderFailedMail(userId, orderId, reason)));
      }),
      handle(orderCancelled, async ({ data: { userId, orderId, refund }, once }) => {
        await once((tx, publish) => sendMail(tx, publish, orderCancelledMail(userId, orderId, refund)));
      }),
    ],
  });

  return fn.app;
};

export type App = ReturnType<typeof createApp>;
