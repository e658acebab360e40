import { element } from './dom.js';
import { money } from './format.js';

/** A product with the number wanted of it; `onChange` hears of every change. */
export const productRow = (product, onChange) => {
  const id = `product-${product.sku}`;
  const error = element('p', { class: 'error', id: `${id}-error`, hidden: true });
  const input = element('input', {
    id,
    type: 'number',
    min: '0',
    max: '1000',
    step: '1',
    inputmode: 'numeric',
    value: '0',
    autocomplete: 'off',
    'aria-describedby': `${id}-price ${id}-error`,
  });
  const fewer = element('button', { type: 'button', 'aria-label': `One ${product.name} less` }, '−');
  const more = element('button', { type: 'button', 'aria-label': `One ${product.name} more` }, '+');
  const item = element(
    'li',
    { class: 'product' },
    element('label', { for: id }, product.name),
    element('div', { class: 'stepper' }, fewer, input, more),
    element('p', { class: 'price', id: `${id}-price` }, money(product.price)),
    error,
  );

  // What is no number is the API's to refuse: it is sent as it stands.
  const quantity = () =>
    input.value === '' && !input.validity.badInput ? 0 : Number(input.value || Number.NaN);
  const changed = () => {
    item.classList.toggle('chosen', quantity() !== 0);
    onChange();
  };
  const choose = (number) => {
    input.value = String(Math.max(0, number));
    item.classList.toggle('chosen', number > 0);
  };
  for (const [button, by] of [
    [fewer, -1],
    [more, 1],
  ])
    button.addEventListener('click', () => {
      choose((quantity() || 0) + by);
      changed();
    });
  input.addEventListener('input', changed);

  return {
    item,
    product,
    quantity,
    choose,
    /** Its place among the items of the order that is sent; -1: it is not in it. */
    stand(place) {
      if (place < 0) delete input.dataset.pointer;
      else input.dataset.pointer = `#/items/${place}`;
    },
  };
};
