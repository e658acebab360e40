import { isAlias, isScalar, LineCounter, type Node, parseAllDocuments } from 'yaml';
import { type ManifestProblem, problemAt } from './problem.ts';

/** One YAML document and where each of its fields stands. */
export interface Document {
  value: unknown;
  file: string;
  /** The line of a field, or of the nearest of its parents that is there. */
  lineOf(path: readonly (string | number)[]): number;
}

/** All documents of a file; syntax errors with their lines instead of values. Empty documents are left out. */
export const parseYaml = (
  file: string,
  text: string,
): { documents: Document[]; problems: ManifestProblem[] } => {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: true, merge: true });
  const documents: Document[] = [];
  const problems: ManifestProblem[] = [];
  if (!Array.isArray(parsed)) return { documents, problems };
  for (const document of parsed) {
    for (const { message, pos } of document.errors) {
      const [first = message] = message.split(/ at line \d+|\n/);
      problems.push(problemAt(file, lines.linePos(pos[0]).line, '', first));
    }
    if (document.errors.length > 0) continue;
    let value: unknown;
    try {
      value = document.toJS({ maxAliasCount: 100 });
    } catch (error) {
      problems.push(problemAt(file, 1, '', (error as Error).message));
      continue;
    }
    if (value === null || value === undefined) continue;
    const lineOf = (path: readonly (string | number)[]): number => {
      for (let length = path.length; length >= 0; length--) {
        const start = positionOf(document.getIn(path.slice(0, length), true));
        if (start !== undefined) return lines.linePos(start).line;
      }
      return 1;
    };
    documents.push({ value, file, lineOf });
  }
  return { documents, problems };
};

const positionOf = (found: unknown): number | undefined => {
  const node = found as Node | undefined | null;
  if (node === undefined || node === null || typeof node !== 'object') return undefined;
  return isScalar(node) || isAlias(node) || 'range' in node ? node.range?.[0] : undefined;
};
