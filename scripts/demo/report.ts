import type { Customer } from './customer.ts';
import type { FollowedOrder } from './orders.ts';

/** The steps of the first order with their times, and what all orders together caused. */
export const printForPeople = async (
  customer: Customer,
  orders: FollowedOrder[],
  effects: { charges: number; mails: number },
): Promise<void> => {
  const [first] = orders;
  if (!first) return;
  const [order, payment, mails] = await Promise.all([
    customer.order(first.id),
    customer.payment(first.id),
    customer.mails(),
  ]);
  const mail = mails
    .filter(({ subject }) => subject.includes(first.id))
    .map((sent) => ({ status: `mail: ${sent.subject}`, at: sent.sentAt }));
  const steps = [
    ...order.history.map((step) => ({ ...step, status: `order ${step.status}` })),
    ...payment.history.map((step) => ({ ...step, status: `payment ${step.status}` })),
    ...mail,
  ].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  const start = Date.parse(steps[0]?.at ?? '');
  console.log(`\nThe steps of ${first.id}:`);
  for (const { status, at } of steps)
    console.log(`  +${String(Date.parse(at) - start).padStart(4)} ms  ${status}`);
  console.log(
    `\n${effects.charges} charges, ${effects.mails} mails: ${effects.charges === 3 && effects.mails === 5 ? 'each effect once' : 'not as it should be (3 and 5)'}`,
  );
};
