import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const docs = join(import.meta.dirname, '../../docs');
const rows = (await readFile(join(docs, 'knative-compatibility.md'), 'utf8'))
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (what|---)/.test(line));

const quotes = ["'", '"', '`'];

/** A title stands in quotes, whole, or as the end of a table's row: `POST /path`. */
const stands = (source: string, title: string): boolean =>
  [title, title.replaceAll("'", "\\'")].some((text) =>
    quotes.some((quote) => source.includes(`${quote}${text}${quote}`) || source.includes(` ${text}${quote}`)),
  );

describe('docs/knative-compatibility.md', () => {
  it('has rows', () => expect(rows.length).toBeGreaterThan(80));

  it.each(rows)('%s', async (row) => {
    const [what, how, , test] = row
      .slice(1, -1)
      .split(' | ')
      .map((cell) => cell.trim());
    expect(what).not.toBe('');
    expect(['honoured', 'approximated', 'refused']).toContain(how);
    const [, title = '', path = ''] = /^\[(.+)\]\((\S+\.test\.ts)\)$/.exec(test ?? '') ?? [];
    expect(path).not.toBe('');
    const source = await readFile(join(docs, path), 'utf8');
    expect({ path, title, stands: stands(source, title) }).toEqual({ path, title, stands: true });
  });
});
