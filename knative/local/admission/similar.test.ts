import { expect, it } from 'vitest';
import { similar } from './similar.ts';

it.each([
  ['contaners', 'containers'],
  ['Containers', 'containers'],
  ['imgae', 'image'],
  ['volumeMount', 'volumeMounts'],
  ['banana', undefined],
  ['x', undefined],
])('%s is near %s', (word, meant) => {
  expect(similar(word, ['containers', 'image', 'volumeMounts', 'env', 'name'])).toBe(meant);
});
