import type { Base } from '../kit/base.ts';
import { createFunction } from '../kit/function.ts';
import { notFound } from '../kit/problem.ts';
import { cancelCharge } from './cancel-charge.ts';
import type { Charge } from './charge.ts';
import type { ChargeStore } from './charge-store.ts';
import { createCharge } from './create-charge.ts';
import { operations } from './operations.ts';
import { refundCharge } from './refund-charge.ts';
import type { MessageSender } from './send-messages.ts';

export interface Deps {
  base: Base;
  charges: ChargeStore;
  sender: MessageSender;
}

export const createApp = ({ base, charges, sender }: Deps) => {
  const fn = createFunction(base);

  fn.on(operations.createCharge, async ({ c, body }) => {
    const { charge, created } = await createCharge(charges, sender, body);
    return c.json(shown(charge), created ? 201 : 200);
  });

  fn.on(operations.getCharge, async ({ c, params }) => {
    const charge = await charges.find(params.paymentId);
    if (!charge) throw notFound();
    return c.json(shown(charge));
  });

  fn.on(operations.cancelCharge, async ({ c, params }) =>
    c.json(shown(await cancelCharge(charges, params.paymentId))),
  );

  fn.on(operations.refundCharge, async ({ c, params }) =>
    c.json(shown(await refundCharge(charges, params.paymentId))),
  );

  return fn.app;
};

export type App = ReturnType<typeof createApp>;

const shown = ({ paymentId, status, captures, refunds, reason }: Charge): Charge => ({
  paymentId,
  status,
  captures,
  refunds,
  reason,
});
