const ofOrder = {
  pending: ['You placed the order'],
  paid: ['The order is paid', 'good'],
  failed: ['The order failed', 'bad'],
  cancelled: ['You cancelled the order'],
};
const ofPayment = {
  initiated: ['The payment began'],
  succeeded: ['The bank took the money'],
  failed: ['The bank took nothing', 'bad'],
  refunded: ['The bank gave the money back', 'good'],
};

/** What happened to an order, over all functions, in the order of time. */
export const stepsOf = ({ order, payment, mails }) =>
  [
    ...order.history.map(({ status, at }) => [at, ofOrder[status] ?? [status]]),
    ...(payment?.history ?? []).map(({ status, at }) => [at, ofPayment[status] ?? [status]]),
    ...mails.map(({ subject, sentAt }) => [sentAt, [`Mail: “${subject.replace(` ${order.id}`, '')}”`]]),
  ]
    .map(([at, [says, kind = '']]) => ({ at, says, kind }))
    .sort((a, b) => new Date(a.at) - new Date(b.at));

const reasons = {
  declined: 'the bank declined the payment',
  deadline: 'the bank did not confirm the payment in time',
};

/** A mail that has not come by then was refused, or is too old to be among the newest. */
const mailMs = 5 * 60_000;

const hasMail = ({ order, mails }) => mails.some(({ type }) => type === `order-${order.status}`);

const mayHaveMail = ({ order, payment }, now) => {
  const steps = [...order.history, ...(payment?.history ?? [])];
  return now - Math.max(...steps.map(({ at }) => Date.parse(at))) < mailMs;
};

const mailOf = (found, now) => {
  if (hasMail(found)) return ' You have mail.';
  return mayHaveMail(found, now) ? ' A mail is on its way.' : '';
};

/** How it stands, in a sentence. */
export const nowOf = (found, now = Date.now()) => {
  const { order, payment } = found;
  const { status, failureReason } = order;
  if (status === 'pending') return payment ? 'The bank is being asked …' : 'The payment is about to begin …';
  if (status === 'failed')
    return `It failed: ${reasons[failureReason] ?? failureReason ?? 'the payment failed'}. Nothing was charged.`;
  const mail = mailOf(found, now);
  if (status === 'paid') return `It is paid.${mail}`;
  if (payment?.status === 'refunded') return `It is cancelled, and your money is back.${mail}`;
  if (payment?.status === 'failed') return `It is cancelled. Nothing was charged.${mail}`;
  return 'It is cancelled; the bank is being asked to give back what it took …';
};

/** Whether nothing more will happen by itself. */
export const isSettled = (found, now = Date.now()) => {
  const { order, payment } = found;
  const { status } = order;
  if (status === 'pending' || (!hasMail(found) && mayHaveMail(found, now))) return false;
  return status === 'cancelled' ? ['refunded', 'failed'].includes(payment?.status) : true;
};
