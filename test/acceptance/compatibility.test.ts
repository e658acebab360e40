import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rowsOf, stands, testsNamedIn } from '../support/named-tests.ts';

const document = join(import.meta.dirname, '../../docs/knative-compatibility.md');
const rows = await rowsOf(document);

describe('docs/knative-compatibility.md', () => {
  it('has rows', () => expect(rows.length).toBeGreaterThan(80));

  it.each(rows)('%s', async (what, how, _, test) => {
    expect(what).not.toBe('');
    expect(['honoured', 'approximated', 'refused']).toContain(how);
    const named = testsNamedIn(test);
    expect(named).toHaveLength(1);
    for (const one of named) expect([one, await stands(document, one)]).toEqual([one, true]);
  });
});
