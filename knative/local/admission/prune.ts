import { kindOf } from '../store/kinds.ts';
import type { NewObject } from '../store/types.ts';
import { renderPath } from './flaw.ts';
import { admissionOf } from './kinds.ts';
import { checkShape } from './shape.ts';

/** The object without the fields that its kind does not know (fieldValidation Warn and Ignore), and which these were. */
export const pruneUnknown = (object: NewObject): { object: NewObject; unknown: string[] } => {
  const schema = admissionOf.get(kindOf(object))?.schema;
  const flaws = schema ? checkShape(schema, object).filter((flaw) => flaw.kind === 'unknown') : [];
  if (flaws.length === 0) return { object, unknown: [] };
  const pruned = structuredClone(object);
  for (const path of flaws.flatMap((flaw) => flaw.paths)) {
    const parent = path
      .slice(0, -1)
      .reduce<Record<string | number, never>>((value, part) => value[part] ?? {}, pruned as never);
    delete parent[path.at(-1) ?? ''];
  }
  return { object: pruned, unknown: flaws.flatMap(({ paths }) => paths.map(renderPath)) };
};
