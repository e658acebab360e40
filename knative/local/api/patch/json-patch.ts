import { sameJson } from '../../store/json.ts';
import { isObject, type Json, objectOf } from './json.ts';

/** An operation that cannot be carried out on this document. */
export class PatchFailed extends Error {}

export interface Operation {
  op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test';
  path: string;
  from?: string;
  value?: Json;
}

/** RFC 6902: all operations in order, or PatchFailed; the document itself is not changed. */
export const jsonPatch = (document: Json, operations: readonly Operation[]): Json => {
  let copied = 0;
  return operations.reduce((current, operation) => {
    if (operation.op === 'copy') copied += JSON.stringify(find(current, operation.from ?? '')).length;
    if (copied > copyLimit) throw new PatchFailed(`more than ${copyLimit} bytes copied`);
    return carryOut(current, operation);
  }, document);
};

// Copies double what they copy: thirty operations could fill the memory.
const copyLimit = 3 * 1024 * 1024;

/** The operations of a patch's body, or what is wrong with it as SyntaxError. */
export const parseOperations = (body: unknown): Operation[] => {
  if (!Array.isArray(body)) throw new SyntaxError('a JSON patch is an array of operations');
  return body.map((item: unknown, index) => {
    const wrong = (what: string) => new SyntaxError(`operation ${index}: ${what}`);
    if (!isObject(item)) throw wrong('expected an object');
    const { op, path, from } = item;
    if (!verbs.some((verb) => verb === op)) throw wrong(`unknown op ${JSON.stringify(op ?? null)}`);
    if (!isPointer(path)) throw wrong('path must be a JSON pointer');
    if ((op === 'move' || op === 'copy') && !isPointer(from)) throw wrong('from must be a JSON pointer');
    if ((op === 'add' || op === 'replace' || op === 'test') && !('value' in item))
      throw wrong('value is missing');
    return item as unknown as Operation;
  });
};

const verbs = ['add', 'remove', 'replace', 'move', 'copy', 'test'] as const;

const isPointer = (value: unknown): value is string =>
  typeof value === 'string' && /^(\/([^~/]|~[01])*)*$/.test(value);

const carryOut = (document: Json, { op, path, from = '', value = null }: Operation): Json => {
  switch (op) {
    case 'add':
      return add(document, path, value);
    case 'remove':
      return remove(document, path);
    case 'replace':
      return at(document, path, (old) => {
        if (old === undefined) throw missing(path);
        return value;
      });
    case 'copy':
      return add(document, path, find(document, from));
    case 'move': {
      const moved = find(document, from);
      if (path === from) return document;
      if (path.startsWith(`${from}/`)) throw new PatchFailed(`${from} cannot be moved into itself`);
      return add(remove(document, from), path, moved);
    }
    case 'test':
      if (!sameJson(find(document, path), value)) throw new PatchFailed(`testing value ${path} failed`);
      return document;
  }
};

const add = (document: Json, path: string, value: Json) => at(document, path, () => value, { insert: true });

const remove = (document: Json, path: string): Json => {
  if (path === '') throw new PatchFailed('the whole document cannot be removed');
  return at(document, path, (old) => {
    if (old === undefined) throw missing(path);
    return undefined;
  });
};

const find = (document: Json, path: string): Json => {
  let found: Json | undefined = document;
  for (const step of steps(path)) {
    if (Array.isArray(found)) found = found[indexOf(step, found.length - 1, path)];
    else if (isObject(found) && Object.hasOwn(found, step)) found = found[step];
    else throw missing(path);
    if (found === undefined) throw missing(path);
  }
  return found;
};

/** The document with what `change` makes of the value at `path`; undefined takes it away. */
const at = (
  document: Json,
  path: string,
  change: (old: Json | undefined) => Json | undefined,
  { insert = false } = {},
): Json => {
  const descend = (node: Json | undefined, [step, ...rest]: string[]): Json | undefined => {
    if (step === undefined) return change(node);
    const last = rest.length === 0;
    if (Array.isArray(node)) {
      const adding = last && insert;
      const index =
        adding && step === '-' ? node.length : indexOf(step, node.length - (adding ? 0 : 1), path);
      const next = adding ? change(undefined) : descend(node[index], rest);
      return node.toSpliced(index, adding ? 0 : 1, ...(next === undefined ? [] : [next]));
    }
    if (!isObject(node) || (!last && !Object.hasOwn(node, step))) throw missing(path);
    const next = descend(Object.hasOwn(node, step) ? node[step] : undefined, rest);
    const entries = new Map(Object.entries(node));
    if (next === undefined) entries.delete(step);
    else entries.set(step, next);
    return objectOf(entries);
  };
  return descend(document, steps(path)) ?? null;
};

const steps = (path: string): string[] =>
  path
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));

const indexOf = (step: string, highest: number, path: string): number => {
  if (!/^(0|[1-9]\d*)$/.test(step) || Number(step) > highest) throw missing(path);
  return Number(step);
};

const missing = (path: string) => new PatchFailed(`the path ${path} does not exist in the object`);
