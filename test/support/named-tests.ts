import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A link in a document to the test that holds what it says: `[title](path)`. */
export interface NamedTest {
  title: string;
  /** From the document's folder. */
  path: string;
}

/** The cells of all rows of the document's tables, without their heads. */
export const rowsOf = async (document: string): Promise<string[][]> => {
  const lines = (await readFile(document, 'utf8')).split('\n');
  return lines
    .filter((line, at) => line.startsWith('| ') && !isRule(line) && !isRule(lines[at + 1]))
    .map((line) =>
      line
        .slice(1, -1)
        .split(' | ')
        .map((cell) => cell.trim()),
    );
};

const isRule = (line = '') => line.startsWith('| ---');

export const testsNamedIn = (cell = ''): NamedTest[] =>
  [...cell.matchAll(/\[([^\]]+)\]\(([^\s)]+\.test\.ts)\)/g)].map(([, title = '', path = '']) => ({
    title,
    path,
  }));

/** Whether the test is there: its title stands in quotes, whole, or as the end of a table's row, `POST /path`. */
export const stands = async (document: string, { title, path }: NamedTest): Promise<boolean> => {
  const source = await readFile(join(dirname(document), path), 'utf8').catch(() => '');
  return [title, title.replaceAll("'", "\\'")].some((text) =>
    quotes.some((quote) => source.includes(`${quote}${text}${quote}`) || source.includes(` ${text}${quote}`)),
  );
};

const quotes = ["'", '"', '`'];
