import * as z from 'zod';
import { admissionOf } from '../../admission/kinds.ts';
import type { Kind } from '../../store/types.ts';

/** A JSON Schema as OpenAPI 3.0 has it. */
export type JsonSchema = Record<string, unknown>;

/** The fields of a kind's objects as admission checks them; undefined: a view, which nobody writes. */
export const schemaOf = (kind: Kind): JsonSchema | undefined => {
  const schema = admissionOf.get(kind)?.schema;
  if (!schema) return undefined;
  const { $schema: _, ...own } = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    unrepresentable: 'any',
  });
  return own;
};
