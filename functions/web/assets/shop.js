import './site.js';
import { call, callAsAnybody } from './api.js';
import { keepBasket, takeBasket } from './basket.js';
import { one } from './dom.js';
import { onSubmit, showProblem } from './form.js';
import { money } from './format.js';
import { productRow } from './product-row.js';
import { currentSession, logInFirst } from './session.js';

const form = one('[data-form]');
const list = one('[data-products]');
let rows = [];

const chosen = () => rows.filter((row) => row.quantity() !== 0);

const showTotal = () => {
  const picked = chosen();
  const [first] = picked;
  const amount = picked.reduce((sum, row) => sum + row.quantity() * row.product.price.amount, 0);
  one('[data-total]').textContent = first ? money({ ...first.product.price, amount }) : '–';
};

const showCatalog = async () => {
  const products = await callAsAnybody('GET', '/orders/catalog');
  rows = products.map((product) => productRow(product, showTotal));
  const kept = takeBasket();
  for (const row of rows) row.choose(kept?.quantities[row.product.sku] ?? 0);
  if (kept?.paymentToken) form.elements.paymentToken.value = kept.paymentToken;
  list.replaceChildren(...rows.map(({ item }) => item));
  list.removeAttribute('aria-busy');
  showTotal();
};

/** The same order sent again is the same order: its key changes with what is in it only. */
let sent = { body: '', key: '' };
const keyOf = (body) => {
  const text = JSON.stringify(body);
  if (sent.body !== text) {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    sent = { body: text, key: [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('') };
  }
  return sent.key;
};

onSubmit(form, async ({ paymentToken }) => {
  const picked = chosen();
  if (picked.length === 0) {
    const detail = 'Choose at least one thing.';
    return showProblem(form, { detail });
  }
  if (!currentSession()) {
    const quantities = Object.fromEntries(picked.map((row) => [row.product.sku, row.quantity()]));
    keepBasket({ quantities, paymentToken });
    return logInFirst();
  }
  // An error names an item by its place in the order.
  for (const row of rows) row.stand(picked.indexOf(row));
  const items = picked.map((row) => ({ sku: row.product.sku, quantity: row.quantity() }));
  const body = { items, currency: picked[0].product.price.currency, paymentToken };
  const headers = { 'idempotency-key': keyOf(body) };
  const { id } = await call('POST', '/orders/', { body, headers });
  location.assign(`/app/orders/${id}`);
});

showCatalog().catch((problem) => {
  list.replaceChildren();
  showProblem(form, problem);
});
