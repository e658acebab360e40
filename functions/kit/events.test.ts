import * as fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { handle, handleAny } from './events.ts';
import { createFunction } from './function.ts';
import type { Inbox } from './inbox.ts';
import { Problem, unavailable } from './problem.ts';
import { testBase } from './testing.ts';
import { currentTraceId } from './trace.ts';

/** An outbox that keeps in memory what came to it, in order. */
const recordingInbox = () => {
  const seen = new Set<string>();
  const steps: string[] = [];
  const inbox: Inbox = {
    async receive({ event }, work) {
      if (seen.has(event.id)) return 'duplicate';
      await work(undefined as never, undefined as never, undefined as never);
      seen.add(event.id);
      steps.push('committed');
      return 'done';
    },
    async receiveBy({ event }, work, compose) {
      await work(undefined as never);
      compose('', ['[]', 0]);
      const received = !seen.has(event.id);
      seen.add(event.id);
      if (received) steps.push('committed with its attempt');
      return { received } as never;
    },
    async recordAttempt({ event, code, reason }) {
      steps.push(`attempt ${event.id} ${code} ${reason}`);
    },
  };
  return { inbox, steps };
};

let thrown: unknown;
let traceId: string | undefined;
let recorded: ReturnType<typeof recordingInbox>;
let app: ReturnType<typeof createFunction>['app'];
beforeEach(() => {
  [thrown, traceId, recorded] = [undefined, undefined, recordingInbox()];
  const fn = createFunction(testBase('orders'));
  fn.events({
    outbox: recorded.inbox,
    consumer: 'orders',
    handlers: [
      handle({ type: 'known', schema: z.object({ n: z.int() }) }, async ({ once }) => {
        traceId = currentTraceId();
        await once(async () => {
          if (thrown !== undefined) throw thrown;
        });
      }),
    ],
  });
  app = fn.app;
});

const deliver = (
  attributes: Record<string, string> = {},
  body: string | Uint8Array<ArrayBuffer> = '{"n":1}',
) =>
  app.request('/_events', {
    method: 'POST',
    headers: {
      'ce-specversion': '1.0',
      'ce-id': '1',
      'ce-source': '/payments',
      'ce-type': 'known',
      'content-type': 'application/json',
      ...attributes,
    },
    body,
  });

const answer = async (response: Response | Promise<Response>) => {
  const answered = await response;
  const { status, headers } = answered;
  const text = await answered.text();
  // A 2xx with a body would be a reply event; of a refusal brokers keep 1,024 bytes as its reason.
  if (status === 204) expect(text).toBe('');
  else expect(JSON.parse(text)).toMatchObject({ status, code: expect.any(String) });
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1024);
  if (status === 503) expect(headers.get('retry-after')).toBe('1');
  return status;
};

describe('POST /_events', () => {
  it('is 204 when it is done and when it was done before; the attempt follows the commit', async () => {
    expect(await answer(deliver())).toBe(204);
    expect(await answer(deliver())).toBe(204);
    expect(recorded.steps).toEqual(['committed', 'attempt 1 204 null', 'attempt 1 204 duplicate']);
  });

  it.each([
    ['a type without handler', { 'ce-type': 'unknown' }, '{"n":1}', 'unknown-type'],
    [
      'data that is not the contract’s',
      {},
      '{"n":"1"}',
      'invalid-data: The data is not that of known: #/data/n',
    ],
  ])('is 422 for %s, with its reason', async (_, attributes, body, reason) => {
    expect(await answer(deliver(attributes, body))).toBe(422);
    expect(recorded.steps).toEqual([expect.stringContaining(`attempt 1 422 ${reason}`)]);
  });

  it.each([
    ['no JSON', {}, '{'],
    ['no UTF-8', {}, Uint8Array.of(0xff)],
    ['no id', { 'ce-id': '' }, '{"n":1}'],
    ['another version', { 'ce-specversion': '0.3' }, '{"n":1}'],
    ['more than 1 MiB', {}, `{"n":1,"x":"${'x'.repeat(1024 * 1024)}"}`],
  ])('is 422 for %s, which no retry mends', async (_, attributes, body) => {
    expect(await answer(deliver(attributes, body))).toBe(422);
  });

  it('takes data with fields that it does not know: another version may add some', async () => {
    expect(await answer(deliver({}, '{"n":1,"more":true}'))).toBe(204);
  });

  it('answers 204, 422 or 503 and records that once, whatever a handler throws', async () => {
    const anything = fc.oneof(
      fc.anything().filter((value) => value !== undefined),
      fc.constant(unavailable('not yet')),
      fc.constant(new TypeError('a mistake')),
      fc
        .record({ status: fc.constantFrom(400, 401, 404, 409, 422, 429, 500, 503), retriable: fc.boolean() })
        .map((options) => new Problem('some-code', 'for a reason', options)),
    );
    await fc.assert(
      fc.asyncProperty(anything, async (value) => {
        [thrown, recorded.steps.length] = [value, 0];
        const permanent = value instanceof Problem && !value.retriable;
        const status = await answer(deliver({ 'ce-id': 'never done' }));
        expect(status).toBe(permanent ? 422 : 503);
        expect(recorded.steps).toHaveLength(1);
        expect(recorded.steps[0]).toContain(`attempt never done ${status}`);
      }),
    );
  });

  it('answers 503 where a handler does not end, and what it is where the attempt is never recorded', async () => {
    recorded.inbox.recordAttempt = () => new Promise(() => {});
    expect(await answer(deliver())).toBe(204);
    const { app: slow, events } = createFunction(testBase('orders'));
    events({
      outbox: recordingInbox().inbox,
      consumer: 'orders',
      handlers: [handle({ type: 'known', schema: z.unknown() }, () => new Promise(() => {}))],
      withinMs: 20,
    });
    app = slow;
    expect(await answer(deliver())).toBe(503);
  });

  it('answers as the handler ended even when the attempt cannot be recorded', async () => {
    recorded.inbox.recordAttempt = async () => {
      throw new Error('the database is away');
    };
    expect(await answer(deliver())).toBe(204);
  });

  it('goes on in the trace of the event', async () => {
    const id = '4bf92f3577b34da6a3ce929d0e0e4736';
    await deliver({ 'ce-traceparent': `00-${id}-00f067aa0ba902b7-01` });
    expect(traceId).toBe(id);
  });
});

it('records an attempt once where one statement took the event, too, and that of a duplicate by itself', async () => {
  const fn = createFunction(testBase('analytics'));
  fn.events({
    outbox: recorded.inbox,
    consumer: 'analytics',
    handlers: [
      handle({ type: 'known', schema: z.unknown() }, async ({ onceBy }) => {
        await onceBy(
          async () => {},
          () => ({ text: '', parameters: [], wrote: () => false }),
        );
      }),
    ],
  });
  app = fn.app;
  expect(await answer(deliver())).toBe(204);
  expect(await answer(deliver())).toBe(204);
  expect(recorded.steps).toEqual(['committed with its attempt', 'attempt 1 204 duplicate']);
});

it('handleAny takes what no other handler does', async () => {
  const types: string[] = [];
  const fn = createFunction(testBase('deadletters'));
  fn.events({
    outbox: recorded.inbox,
    consumer: 'deadletters',
    handlers: [
      handle({ type: 'known', schema: z.unknown() }, async () => {
        types.push('known');
      }),
      handleAny(async ({ event }) => {
        types.push(`any ${event.type}`);
      }),
    ],
  });
  app = fn.app;
  await deliver();
  await deliver({ 'ce-type': 'other' });
  expect(types).toEqual(['known', 'any other']);
});
