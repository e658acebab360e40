import './site.js';
import { call } from './api.js';
import { element, one } from './dom.js';
import { money, when } from './format.js';

const list = one('[data-orders]');
const older = one('[data-older]');
const note = one('[data-note]');
const box = one('[data-problem]');
let cursor = '';

const row = ({ id, status, total, createdAt }) =>
  element(
    'li',
    {},
    element(
      'a',
      { href: `/app/orders/${id}` },
      element(
        'span',
        {},
        element('time', { datetime: createdAt }, when(createdAt)),
        element('small', { class: 'id' }, id),
      ),
      element('span', { class: `badge ${status}` }, status),
      element('span', { class: 'amount' }, money(total)),
    ),
  );

const showMore = async () => {
  older.disabled = true;
  box.hidden = true;
  try {
    const { items, nextCursor } = await call('GET', `/orders/?limit=20${cursor && `&cursor=${cursor}`}`);
    const rows = items.map(row);
    list.append(...rows);
    list.removeAttribute('aria-busy');
    const first = cursor === '';
    cursor = nextCursor ?? '';
    older.hidden = cursor === '';
    note.replaceChildren(
      ...(list.children.length > 0
        ? []
        : ['You have no orders yet. ', element('a', { href: '/app/shop' }, 'Have a look at the shop.')]),
    );
    if (!first) rows[0]?.querySelector('a').focus();
  } catch (problem) {
    note.replaceChildren();
    box.textContent = problem.detail ?? problem.message;
    box.hidden = false;
    older.textContent = 'Try again';
    older.hidden = false;
    box.focus();
  } finally {
    older.disabled = false;
  }
};

older.addEventListener('click', () => {
  older.textContent = 'Older orders';
  showMore();
});
showMore();
