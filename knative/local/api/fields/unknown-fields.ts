import { isObject, type Json, objectOf } from '../patch/json.ts';
import type { JsonSchema } from '../ports.ts';

export interface Pruned {
  value: Json;
  /** Paths of what was taken away: `spec.template.spec.containers[0].imag`. */
  unknown: string[];
}

/** A value without the fields its schema does not know, as an API server prunes them. */
export const pruneUnknown = (value: Json, schema: JsonSchema): Pruned => {
  const unknown: string[] = [];
  const pruned = prune(value, alternatives(schema), '', unknown);
  return { value: pruned, unknown };
};

const prune = (value: Json, schemas: readonly JsonSchema[], path: string, unknown: string[]): Json => {
  if (Array.isArray(value)) {
    const items = schemas.flatMap(({ items }) => (items ? alternatives(items) : []));
    if (items.length === 0) return value;
    return value.map((item, index) => prune(item, items, `${path}[${index}]`, unknown));
  }
  if (!isObject(value) || schemas.some(isOpen) || !schemas.some(describesFields)) return value;
  const kept: [string, Json][] = [];
  for (const [key, field] of Object.entries(value)) {
    const at = path ? `${path}.${key}` : key;
    const known = schemas.flatMap((schema) => fieldOf(schema, key));
    if (known.length === 0) unknown.push(at);
    else kept.push([key, prune(field, known, at, unknown)]);
  }
  return objectOf(kept);
};

const describesFields = ({ properties, additionalProperties }: JsonSchema) =>
  properties !== undefined || additionalProperties !== undefined;

/** An object of any fields is good for it. */
const isOpen = (schema: JsonSchema): boolean =>
  !describesFields(schema) &&
  (schema.type === undefined || schema.type === 'object') &&
  !(schema.anyOf || schema.oneOf || schema.allOf);

const fieldOf = ({ properties, additionalProperties }: JsonSchema, key: string): JsonSchema[] => {
  if (properties && Object.hasOwn(properties, key)) return alternatives(properties[key] ?? {});
  if (additionalProperties === true) return [{}];
  return additionalProperties ? alternatives(additionalProperties) : [];
};

/** A schema with its combinations laid out: what one of them knows is known. */
const alternatives = (schema: JsonSchema): JsonSchema[] => {
  const { anyOf = [], oneOf = [], allOf = [] } = schema;
  return [schema, ...[...anyOf, ...oneOf, ...allOf].flatMap(alternatives)];
};
