import * as fc from 'fast-check';
import { keyOf, Seen, shapeOf } from './seen.ts';
import type { JsonSchema } from './targets.ts';

type Keywords = Exclude<JsonSchema, boolean> & {
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  additionalProperties?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  enum?: unknown[];
  type?: string | string[];
};

/** Values that a schema allows (JSON Schema 2020-12 as zod writes it), names and ids from the memory among them. */
export const valuesOf = (schema: JsonSchema, fn: string, name?: string): fc.Arbitrary<unknown> => {
  if (typeof schema === 'boolean' || Object.keys(schema).length === 0) return fc.jsonValue({ maxDepth: 2 });
  const keywords = schema as Keywords;
  if ('const' in schema) return fc.constant(schema.const);
  if (keywords.enum) return fc.constantFrom(...keywords.enum);
  const branches = keywords.anyOf ?? keywords.oneOf;
  if (branches) return fc.oneof(...branches.map((branch) => valuesOf(branch, fn, name)));
  const types = keywords.type === undefined ? [] : [keywords.type].flat();
  if (types.length === 0) return fc.jsonValue({ maxDepth: 2 });
  return fc.oneof(...types.map((type) => ofType(type, keywords, fn, name)));
};

const ofType = (
  type: string,
  schema: Keywords,
  fn: string,
  name: string | undefined,
): fc.Arbitrary<unknown> => {
  if (type === 'object') return objects(schema, fn);
  if (type === 'array') {
    const { minItems = 0, maxItems = 5 } = schema as { minItems?: number; maxItems?: number };
    const items = valuesOf(schema.items ?? true, fn, name);
    return fc.array(items, { minLength: minItems, maxLength: Math.max(minItems, Math.min(maxItems, 4)) });
  }
  if (type === 'integer' || type === 'number') return numbers(schema, type);
  if (type === 'boolean') return fc.boolean();
  if (type === 'null') return fc.constant(null);
  const fresh = strings(schema);
  if (name === undefined) return fresh;
  const known = fc.tuple(fc.nat(100), fresh).map(([pick, other]) => new Seen(keyOf(fn, name), pick, other));
  return fc.oneof({ weight: 2, arbitrary: fresh }, { weight: 3, arbitrary: known });
};

const objects = (schema: Keywords, fn: string): fc.Arbitrary<unknown> => {
  const { properties = {}, required = [], additionalProperties } = schema;
  const parts = Object.entries(properties).map(([key, part]) => [key, valuesOf(part, fn, key)] as const);
  const record = fc.record(Object.fromEntries(parts), { requiredKeys: required });
  if (parts.length === 0) {
    if (additionalProperties === false) return fc.constant({});
    return fc.dictionary(fc.string({ maxLength: 10 }), valuesOf(additionalProperties ?? true, fn), {
      maxKeys: 3,
    });
  }
  const whole = fc.tuple(fc.nat(100), record).map(([pick, other]) => new Seen(shapeOf(other), pick, other));
  return fc.oneof({ weight: 4, arbitrary: record }, { weight: 1, arbitrary: whole });
};

const numbers = (schema: Keywords, type: string): fc.Arbitrary<unknown> => {
  const least = Number(schema.minimum ?? schema.exclusiveMinimum ?? Number.MIN_SAFE_INTEGER);
  const most = Number(schema.maximum ?? schema.exclusiveMaximum ?? Number.MAX_SAFE_INTEGER);
  const min = Math.ceil(least) + ('exclusiveMinimum' in schema ? 1 : 0);
  const max = Math.floor(most) - ('exclusiveMaximum' in schema ? 1 : 0);
  const integers = fc.oneof(fc.integer({ min, max }), fc.constantFrom(min, max));
  return type === 'integer'
    ? integers
    : fc.oneof(integers, fc.double({ min: least, max: most, noNaN: true, noDefaultInfinity: true }));
};

const strings = (schema: Keywords): fc.Arbitrary<string> => {
  const { minLength = 0, maxLength = 1000 } = schema as { minLength?: number; maxLength?: number };
  if (schema.format === 'uuid') return fc.uuid();
  if (schema.format === 'email') return fc.stringMatching(/^[a-z]{1,12}\.[0-9a-z]{1,9}@[a-z]{1,8}\.example$/);
  if (schema.format === 'date-time')
    return fc
      .date({ min: new Date('1970-01-01'), max: new Date('9999-01-01'), noInvalidDate: true })
      .map((date) => date.toISOString());
  if (typeof schema.pattern === 'string') return matching(schema.pattern, minLength, maxLength);
  const sizes = { minLength, maxLength: Math.max(minLength, Math.min(maxLength, 60)) };
  const exactly = (length: number) => fc.constant('x'.repeat(length));
  return fc.oneof(
    { weight: 6, arbitrary: fc.string(sizes) },
    // Whole characters as JSON Schema counts them, none that Postgres cannot store.
    {
      weight: 2,
      arbitrary: fc.string({
        ...sizes,
        unit: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).filter((c) => c !== '\0'),
      }),
    },
    { weight: 1, arbitrary: exactly(maxLength) },
    { weight: 1, arbitrary: exactly(minLength) },
  );
};

const matching = (pattern: string, minLength: number, maxLength: number): fc.Arbitrary<string> => {
  try {
    return fc
      .stringMatching(new RegExp(pattern))
      .filter((text) => text.length >= minLength && text.length <= maxLength);
  } catch {
    // Look-arounds: something like it will do, the answer to it is checked all the same.
    return fc.string({ minLength, maxLength: Math.min(maxLength, 60) });
  }
};
