import { expect, test } from 'vitest';
import { remarksOn } from './remarks.ts';

test.each([
  ["type = 'x' AND EXISTS id AND NOT (id LIKE 'a%' OR LENGTH(id) > 3)", []],
  ["RIGHT(partitionkey, 2) IN ('0a', '0b')", []],
  ['hop - 1 = 4 AND 3 * -2 < (-1)', []],
  ['id', []],
  ['this is wrong', []],
  ["NOW() = '1' AND LEFT(id) = NOW()", [/function NOW of 0/, /function LEFT of 1/]],
  ['TRUE AND (FALSE OR id = type OR TRUE AND FALSE)', [/grouped from the right/]],
  ['hop + 1', [/no boolean/]],
  ['LENGTH(id)', [/no boolean/]],
  ["'true'", [/no boolean/]],
  ['hop -1 = 4', [/without a blank/]],
  ['(hop)+1 = 4', [/without a blank/]],
])('%s', (text, remarks) => {
  const found = remarksOn(text);
  expect(found).toHaveLength(remarks.length);
  for (const remark of remarks) expect(found).toContainEqual(expect.stringMatching(remark));
});

test('an expression of any length is looked through', () => {
  const set = Array.from({ length: 200_000 }, (_, n) => `'${n}'`).join(', ');
  expect(remarksOn(`id IN (${set})`)).toEqual([]);
});
