import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rowsOf, stands, testsNamedIn } from '../support/named-tests.ts';

const tables = await Promise.all(
  ['knative-compatibility.md', 'differences.md'].map(async (file) => {
    const document = join(import.meta.dirname, '../../docs', file);
    return { file, document, rows: await rowsOf(document) };
  }),
);

describe.each(tables)('docs/$file', ({ document, rows }) => {
  it('has rows', () => expect(rows.length).toBeGreaterThan(10));

  it.each(rows)('%s', async (...row) => {
    const [what, how] = row;
    expect(what).not.toBe('');
    expect(['honoured', 'approximated', 'refused']).toContain(how);
    const named = testsNamedIn(row.at(-1));
    expect(named).toHaveLength(1);
    for (const one of named) expect([one, await stands(document, one)]).toEqual([one, true]);
  });
});
