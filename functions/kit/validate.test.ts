import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { Problem } from './problem.ts';
import { parseBody, storable } from './validate.ts';

const schema = z.strictObject({
  name: z.string(),
  items: z.array(z.strictObject({ 'a/b': z.int(), note: z.string().optional() })),
});

const problemOf = (text: string, of: z.ZodType = schema): Problem => {
  try {
    parseBody(of, text);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('it was taken');
};

describe('parseBody', () => {
  it('points at every wrong field, by JSON pointer in a fragment', () => {
    const body = { items: [{ 'a/b': 1 }, { 'a/b': 'x', 'b~c': 1 }], 'é %': 1 };
    const { status, errors } = problemOf(JSON.stringify(body));
    expect(status).toBe(422);
    expect(errors?.map(({ pointer }) => pointer).sort()).toEqual([
      '#/%C3%A9%20%25',
      '#/items/1/a~1b',
      '#/items/1/b~0c',
      '#/name',
    ]);
  });

  it('tells what is missing from what is malformed', () => {
    expect(problemOf('').status).toBe(400);
    expect(problemOf('{"name":').status).toBe(400);
    expect(problemOf('{}').status).toBe(422);
    expect(parseBody(schema.optional(), '')).toBeUndefined();
  });

  it.each([
    ['{"name":"a\\u0000b","items":[]}', '#/name'],
    ['{"name":"\\ud800","items":[]}', '#/name'],
    ['{"name":"ok","items":[{"a/b":1,"note":"\\udc00\\ud800"}]}', '#/items/0/note'],
  ])('refuses %s, which no database stores', (text, pointer) => {
    expect(problemOf(text)).toMatchObject({ status: 422, errors: [{ pointer }] });
  });

  it('takes text that is escaped without need', () => {
    expect(parseBody(schema, '{"name":"\\ud83d\\udd25\\u00e9","items":[]}').name).toBe('🔥é');
  });

  it('answers storable values, or a Problem with 400 or 422, whatever comes', () => {
    const anything = fc.oneof(
      fc.json(),
      fc.string({ unit: 'binary' }),
      fc.json({ stringUnit: 'binary' }).map((text) => text.replaceAll(/[^\x20-\x7e]/g, escaped)),
    );
    fc.assert(
      fc.property(anything, (text) => {
        try {
          expect(everyText(parseBody(z.json(), text), storable)).toBe(true);
        } catch (error) {
          if (!(error instanceof Problem)) throw error;
          expect([400, 422]).toContain(error.status);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('takes a document as deep as 1 MiB allows', () => {
    const depth = 500_000;
    const text = `${'['.repeat(depth)}"\\u0000"${']'.repeat(depth)}`;
    expect(problemOf(text, z.unknown()).status).toBe(422);
  });
});

const escaped = (letter: string) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;

const everyText = (value: unknown, passes: (text: string) => boolean): boolean => {
  if (typeof value === 'string') return passes(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, inner]) => passes(key) && everyText(inner, passes));
};
