import { expect, it } from 'vitest';
import * as z from 'zod';
import { findFunctions, findRoutes } from './world.ts';

const functions = await findFunctions();

it.each(functions)('$fn has a testing.ts, so that the shared cases run for it', ({ startTestApp }) => {
  expect(startTestApp).toBeTypeOf('function');
});

it('finds the functions that there are', () => {
  expect(functions.map(({ fn }) => fn)).toEqual(expect.arrayContaining(['api', 'auth', 'hello']));
});

// A signed body is its sender's, who may add to it.
const parsed = (await findRoutes()).filter(
  ({ operation }) => (operation.body && !operation.rawBody) || operation.query,
);

it.each(parsed)('$fn $name takes no field that it does not know', ({ operation }) => {
  for (const schema of [operation.body, operation.query])
    if (schema)
      expect(openObjects(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }))).toEqual([]);
});

interface Schema {
  type?: unknown;
  properties?: object;
  additionalProperties?: unknown;
}

/** Where a schema says nothing of other properties. */
const openObjects = (schema: unknown, at = '#'): string[] => {
  if (typeof schema !== 'object' || schema === null) return [];
  const { type, properties, additionalProperties } = schema as Schema;
  const open = type === 'object' && properties !== undefined && additionalProperties !== false;
  return [
    ...(open ? [at] : []),
    ...Object.entries(schema).flatMap(([key, inner]) => openObjects(inner, `${at}/${key}`)),
  ];
};
