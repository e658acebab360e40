import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { send, somePath } from './send.ts';
import { findRoutes, startWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.close());

const withBody = (await findRoutes()).filter(({ operation }) => operation.body);

interface Schema {
  properties?: Record<string, Schema>;
  items?: Schema;
}

const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom<unknown>(
    0,
    -1,
    1e21,
    2 ** 53,
    0.1,
    '',
    '\0',
    '\ud800',
    "'; drop table users; --",
    [],
    {},
    null,
    true,
  ),
);

/** Values of the schema's shape, with anything at all in their places. */
const shaped = ({ properties, items }: Schema): fc.Arbitrary<unknown> => {
  const parts = Object.entries(properties ?? {}).map(([name, inner]) => [name, shaped(inner)] as const);
  if (parts.length > 0)
    return fc.oneof(
      { weight: 9, arbitrary: fc.record(Object.fromEntries(parts), { requiredKeys: [] }) },
      { weight: 1, arbitrary: anything },
    );
  return items ? fc.oneof(fc.array(shaped(items), { maxLength: 3 }), anything) : anything;
};

it.each(withBody)('$fn $name refuses garbage without a failure of its own', async ({ fn, operation }) => {
  const token = await world.identity.token({
    role: operation.access === 'operator' ? 'operator' : 'customer',
  });
  const schema = z.toJSONSchema(operation.body as z.ZodType, {
    io: 'input',
    unrepresentable: 'any',
  }) as Schema;
  // A made-up topic may be one that takes no messages of users.
  const forbidden = fn === 'producer' ? [403] : [];
  await fc.assert(
    fc.asyncProperty(shaped(schema), async (value) => {
      const answer = await send(world.urls[fn] ?? '', {
        method: operation.method.toUpperCase(),
        path: somePath(operation),
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'idempotency-key': 'garbage',
        },
        body: JSON.stringify(value),
      });
      // What comes may be right by chance; 503 is of a dependency that this world has not.
      expect([200, 201, 202, 204, 400, 401, 404, 409, 413, 422, 503, ...forbidden]).toContain(answer.status);
    }),
    { numRuns: 60 },
  );
});
