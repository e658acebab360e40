import { expect, it } from 'vitest';
import { createLists } from './lists.ts';

const names = { type: 'array', items: { type: 'string' } };
const page = {
  type: 'object',
  properties: {
    items: { type: 'array', items: { type: 'object', properties: { names } } },
    counts: { type: 'object', additionalProperties: { type: 'integer' } },
    next: { type: 'string' },
  },
};

it('tells of the lists and maps that were always empty, within others, too', () => {
  const lists = createLists();
  lists.note('list', page, { items: [], counts: {} });
  expect(lists.empty()).toEqual(['list.items', 'list.items[].names', 'list.counts']);
  lists.note('list', page, { items: [{ names: [] }], counts: { a: 1 } });
  expect(lists.empty()).toEqual(['list.items[].names']);
  lists.note('list', page, { items: [{ names: [] }, { names: ['a'] }], counts: {} });
  expect(lists.empty()).toEqual([]);
});
