import { type Document, isMap, isNode, isSeq, LineCounter, parseAllDocuments, type Tags } from 'yaml';
import type { Path } from '../admission/flaw.ts';
import type { Mistake } from './manifest-error.ts';

/** A document of a YAML file, with the lines where its fields stand. */
export interface YamlDocument {
  file: string;
  value: unknown;
  /** The line of a field, or of what is nearest above it. */
  line(path: Path): number;
}

/** All documents of a text that are not empty, and its syntax errors. */
export const parseYaml = (file: string, text: string): { documents: YamlDocument[]; mistakes: Mistake[] } => {
  const lines = new LineCounter();
  const documents: YamlDocument[] = [];
  const mistakes: Mistake[] = [];
  const parsed = parseAllDocuments(text, {
    lineCounter: lines,
    // as Go's YAML reads it: 0644 is octal, `on` is true, merge keys work; dates and times stay strings
    version: '1.1',
    customTags: (tags) => tags.filter(isNoTime),
  });
  for (const document of Array.isArray(parsed) ? parsed : []) {
    const line = (path: Path) => lines.linePos(offsetOf(document, path)).line;
    const value = document.errors.length > 0 ? undefined : read(document);
    for (const { message, linePos, code } of document.errors) {
      const [first = code] = message.split(/ at line \d+|\n/);
      mistakes.push({ file, line: linePos?.[0].line ?? 1, message: first });
    }
    if (value instanceof Error) mistakes.push({ file, line: line([]), message: value.message });
    else if (value !== null && value !== undefined) documents.push({ file, value, line });
  }
  return { documents, mistakes };
};

/** Aliases can say more than memory holds. */
const read = (document: Document.Parsed): unknown => {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
};

const isNoTime = (tag: Tags[number]) =>
  typeof tag === 'string' || (!tag.tag.endsWith(':timestamp') && !('format' in tag && tag.format === 'TIME'));

const offsetOf = (document: Document.Parsed, path: Path): number => {
  let node: unknown = document.contents;
  let offset = document.contents?.range?.[0] ?? document.range[0];
  for (const part of path) {
    const step = stepInto(node, part);
    if (!isNode(step?.at)) break;
    offset = step.at.range?.[0] ?? offset;
    node = step.value;
  }
  return offset;
};

const stepInto = (node: unknown, part: string | number): { at: unknown; value: unknown } | undefined => {
  if (isSeq(node) && typeof part === 'number') return { at: node.items[part], value: node.items[part] };
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => (isNode(key) ? String(key) : key) === part);
  return pair && { at: pair.key, value: pair.value };
};
