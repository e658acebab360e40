import * as z from 'zod';
import type { Kind } from '../../store/types.ts';
import type { JsonSchema, Schemas } from '../ports.ts';

const open: JsonSchema = { type: 'object', additionalProperties: true };

/** metav1.ObjectMeta as far as the API takes it. */
const objectMeta: JsonSchema = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    generateName: { type: 'string' },
    namespace: { type: 'string' },
    uid: { type: 'string' },
    resourceVersion: { type: 'string' },
    generation: { type: 'integer' },
    creationTimestamp: { type: 'string', format: 'date-time' },
    deletionTimestamp: { type: 'string', format: 'date-time' },
    deletionGracePeriodSeconds: { type: 'integer' },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    annotations: { type: 'object', additionalProperties: { type: 'string' } },
    finalizers: { type: 'array', items: { type: 'string' } },
    ownerReferences: {
      type: 'array',
      items: {
        type: 'object',
        required: ['apiVersion', 'kind', 'name', 'uid'],
        properties: {
          apiVersion: { type: 'string' },
          kind: { type: 'string' },
          name: { type: 'string' },
          uid: { type: 'string' },
          controller: { type: 'boolean' },
          blockOwnerDeletion: { type: 'boolean' },
        },
      },
    },
  },
};

/** The JSON Schemas of the kinds whose zod schemas admission has, made when they are first asked for. */
export const schemasOf = (zodOf: (kind: Kind) => z.ZodType | undefined): Schemas => {
  const made = new Map<Kind, JsonSchema | undefined>();
  return {
    of: (kind) => {
      if (!made.has(kind)) made.set(kind, whole(zodOf(kind)));
      return made.get(kind);
    },
  };
};

/** What every object has, around what is its kind's own; a status is the runtime's to write and not looked into. */
const whole = (schema: z.ZodType | undefined): JsonSchema | undefined => {
  if (!schema) return undefined;
  const { $schema: _, ...own } = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    unrepresentable: 'any',
  }) as JsonSchema;
  return {
    ...own,
    type: 'object',
    properties: {
      ...own.properties,
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: objectMeta,
      status: open,
    },
  };
};
