import { callAsAnybody } from './api.js';
import { element, one } from './dom.js';
import { after, exactTime, money } from './format.js';
import { nowOf, stepsOf } from './steps.js';

/** Names of products by sku; what has left the catalog has none. */
const names = callAsAnybody('GET', '/orders/catalog').then(
  (products) => new Map(products.map(({ sku, name }) => [sku, name])),
  () => new Map(),
);

/** Whoever listens hears a change once, not every look. */
const say = (selector, text) => {
  const shown = one(selector);
  if (shown.textContent !== text) shown.textContent = text;
};

export const showOrder = (found) => {
  const { order, payment } = found;
  say('[data-status]', order.status);
  one('[data-status]').className = `badge ${order.status}`;
  say('[data-id]', order.id);
  say('[data-now]', nowOf(found));
  one('[data-cancel]').hidden = !['pending', 'paid'].includes(order.status);
  showSteps(stepsOf(found));
  showBill(order);
  showPayment(payment);
  one('[data-order]').hidden = false;
};

const showSteps = (steps) => {
  const [first] = steps;
  one('[data-steps]').replaceChildren(
    ...steps.map(({ at, says, kind }) =>
      element(
        'li',
        { class: kind || undefined },
        element('span', {}, says),
        element('time', { datetime: at, title: exactTime(at) }, after(first.at, at)),
      ),
    ),
  );
};

const showBill = async ({ items, total }) => {
  const known = await names;
  one('[data-items]').replaceChildren(
    ...items.map(({ sku, quantity, unitAmount }) =>
      element(
        'tr',
        {},
        element('td', {}, known.get(sku) ?? sku),
        element('td', { class: 'number' }, String(quantity)),
        element('td', { class: 'number' }, money({ ...total, amount: unitAmount * quantity })),
      ),
    ),
  );
  say('[data-total]', money(total));
};

const showPayment = (payment) => {
  const facts = payment
    ? [
        ['Payment', payment.status],
        ['Charges', `${payment.captures}, as the bank counts them`],
      ]
    : [];
  one('[data-payment]').replaceChildren(
    ...facts.flatMap(([term, fact]) => [element('dt', {}, term), element('dd', {}, fact)]),
  );
};

export const showTimeline = (entries) => {
  one('[data-entries]').replaceChildren(
    ...entries.map(({ time, kind, service, event = '', attempt, code }) =>
      element(
        'tr',
        {},
        element('td', {}, element('time', { datetime: time }, exactTime(time))),
        element('td', {}, service),
        element('td', {}, attempt > 1 ? `${kind} ${attempt}` : kind),
        element('td', {}, event.replace(/^dev\.kagari\.|\.v1$/g, '')),
        element('td', { class: 'number' }, code === undefined ? '' : String(code)),
      ),
    ),
  );
  one('[data-timeline]').hidden = entries.length === 0;
};
