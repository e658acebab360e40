import { orderCancelled, orderPlaced } from '../../eventing/contracts/order.ts';
import type { Base } from '../kit/base.ts';
import { checkMediaType } from '../kit/body.ts';
import type { DueLoop } from '../kit/due-loop.ts';
import { handle } from '../kit/events.ts';
import { createFunction } from '../kit/function.ts';
import type { Inbox, Transact, Write } from '../kit/inbox.ts';
import { parseBody } from '../kit/validate.ts';
import type { Bank } from './bank.ts';
import { cancelPayment } from './cancel-payment.ts';
import { chargeOrder, initiatePayment } from './charge-order.ts';
import { createSignatureCheck } from './check-signature.ts';
import { endPayments } from './end-payments.ts';
import { BankWebhook, operations } from './operations.ts';
import { settlePayment } from './settle-payment.ts';
import { showPayment } from './show-payment.ts';
import type { Store } from './store.ts';

export interface Deps {
  base: Base;
  store: Store;
  outbox: Inbox & { transaction: Transact; write: Write };
  bank: Bank;
  /** Runs endPayments when the next deadline comes. */
  deadlines: DueLoop;
  deadlineMs: number;
  /** `whsec_<base64>`. */
  webhookSecret: string;
}

export const createApp = ({ base, store, outbox, bank, deadlines, deadlineMs, webhookSecret }: Deps) => {
  const fn = createFunction(base);
  const { transaction, write } = outbox;
  const checkSignature = createSignatureCheck(webhookSecret);

  fn.on(operations.initiatePayment, async ({ c, actor, body }) => {
    const order = { orderId: body.orderId, userId: actor.id };
    return c.json({ paymentId: await initiatePayment({ store, bank, transaction }, order) }, 202);
  });

  fn.on(operations.paymentStatus, async ({ c, actor, query }) =>
    c.json(await showPayment({ store, bank }, actor.id, query)),
  );

  fn.on(operations.receiveWebhook, async ({ c, headers, body }) => {
    const webhookId = checkSignature(body, headers);
    checkMediaType(c, body);
    const { type, data } = parseBody(BankWebhook, body);
    const charge = type === 'charge.captured' ? 'captured' : 'failed';
    const { orderCancelled } = await settlePayment({ store, write }, { ...data, charge }, webhookId);
    if (orderCancelled) deadlines.wakeAt(new Date());
    return c.body(null, 204);
  });

  fn.on(operations.reconcile, async ({ c }) =>
    c.json({ settled: await endPayments({ store, bank, transaction, write }) }),
  );

  fn.events({
    outbox,
    consumer: 'payments',
    handlers: [
      handle(orderPlaced, ({ data: { orderId, userId, total, paymentToken }, ...effects }) =>
        chargeOrder(
          { store, bank, deadlineMs, endAt: deadlines.wakeAt },
          { orderId, userId, ...total, token: paymentToken },
          effects,
        ),
      ),
      handle(orderCancelled, async ({ data, once }) => {
        await once((tx) => cancelPayment(tx, data));
        // A duplicate, too: its first delivery may have died before it came here.
        deadlines.wakeAt(new Date());
      }),
    ],
  });

  return fn.app;
};

export type App = ReturnType<typeof createApp>;
