import fc from 'fast-check';
import { expect, test } from 'vitest';
import { deadLetterOf } from './dead-letter.ts';
import { anyEvent } from './event.testing.ts';

const destination = 'http://orders.kagari.svc.cluster.local/_events';

test('a dead letter is the event with what went wrong, and nothing of it changed', () => {
  fc.assert(
    fc.property(
      anyEvent,
      fc.option(
        fc.record({
          code: fc.integer({ min: 300, max: 599 }),
          body: fc.uint8Array({ maxLength: 3_000, size: 'max' }),
        }),
        {
          nil: undefined,
        },
      ),
      (event, failed) => {
        const answer = failed && { ...failed, headers: {} };
        const letter = deadLetterOf(event, { destination, answer });
        const { knativeerrordest, knativeerrorcode, knativeerrordata, ...rest } = Object.fromEntries(
          letter.attributes,
        );
        expect(rest).toEqual(Object.fromEntries(event.attributes));
        expect(letter.data).toBe(event.data);
        expect(knativeerrordest).toBe(destination);
        expect(knativeerrorcode).toBe(failed && String(failed.code));
        const said =
          failed && failed.body.byteLength > 0 ? Buffer.from(failed.body.subarray(0, 1_024)) : undefined;
        expect(knativeerrordata).toBe(said?.toString('base64'));
      },
    ),
  );
});

test('headers kne-* become extensions, but nothing of the event itself', () => {
  const event = { attributes: new Map([['id', '1']]), data: new Uint8Array() };
  const headers = { 'kne-reason': 'full', 'kne-id': 'forged', 'kne-a-b': 'x', 'kne-': 'x', other: 'x' };
  const { attributes } = deadLetterOf(event, {
    destination,
    answer: { code: 500, headers, body: new Uint8Array() },
  });
  expect(Object.fromEntries(attributes)).toEqual({
    id: '1',
    reason: 'full',
    knativeerrordest: destination,
    knativeerrorcode: '500',
  });
});
