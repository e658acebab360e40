import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rowsOf, stands, testsNamedIn } from '../support/named-tests.ts';

const document = join(import.meta.dirname, '../../docs/contract.md');
const rows = await rowsOf(document);

describe('docs/contract.md', () => {
  it('has rows', () => expect(rows.length).toBeGreaterThan(85));

  it.each(rows)('%s', async (what, where, tests) => {
    expect(what).not.toBe('');
    expect(['everywhere', 'locally', 'inside']).toContain(where);
    const named = testsNamedIn(tests);
    expect(named.length).toBeGreaterThan(0);
    for (const one of named) {
      expect([one, await stands(document, one)]).toEqual([one, true]);
      // What holds on a cluster, too, is asked from outside.
      if (where === 'everywhere') expect(one.path).toMatch(/^\.\.\/test\/acceptance\//);
    }
  });

  it('names every file of tests that was written for it', async () => {
    const files = await readdir(join(import.meta.dirname, '../acceptance'));
    const named = new Set(rows.flatMap(([, , tests]) => testsNamedIn(tests).map(({ path }) => path)));
    for (const file of files.filter((name) => name.startsWith('contract-')))
      expect([...named]).toContain(`../test/acceptance/${file}`);
  });
});
