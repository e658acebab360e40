import type { Hono } from 'hono';
import type * as z from 'zod';
import type { CloudEvent } from '../../eventing/contracts/cloud-event.ts';
import { answerInTime } from './answer-in-time.ts';
import type { Base } from './base.ts';
import { readBytes } from './body.ts';
import { readCloudEvent } from './cloud-event.ts';
import type { Inbox, Once, OnceBy } from './inbox.ts';
import type { Env } from './input.ts';
import { noteRoute } from './measure.ts';
import { toProblem } from './outage.ts';
import { Problem } from './problem.ts';
import { problemResponse } from './problem-response.ts';
import { inTrace } from './trace.ts';
import { fieldErrors } from './validate.ts';

/** The two ways to have an effect once. */
export interface Effects {
  /** Runs work, and records the event as received, in one transaction; a duplicate skips the work. */
  once: Once;
  /** The same by one statement, which costs a fifth of that. */
  onceBy: OnceBy;
}

export interface EventInput<Data> extends Effects {
  data: Data;
  event: CloudEvent;
}

export interface EventHandler {
  type: string;
  run(event: CloudEvent, effects: Effects): Promise<void>;
}

/**
 * Handles events of a contract. What `run` throws decides the answer: a Problem that is not retriable is 422, anything
 * else 503, and the broker delivers again.
 */
export const handle = <S extends z.ZodType>(
  contract: { type: string; schema: S },
  run: (input: EventInput<z.output<S>>) => Promise<void>,
): EventHandler => ({
  type: contract.type,
  run(event, effects) {
    const { success, data, error } = contract.schema.safeParse(event.data);
    if (success) return run({ data, event, ...effects });
    const wrong = fieldErrors(error, '#/data').map(({ pointer, detail }) => `${pointer}: ${detail}`);
    throw permanent('invalid-data', `The data is not that of ${contract.type}: ${wrong.join('; ')}`);
  },
});

/** Handles events of every type that no other handler takes. */
export const handleAny = (run: (input: EventInput<unknown>) => Promise<void>): EventHandler => ({
  type: '*',
  run: (event, effects) => run({ data: event.data, event, ...effects }),
});

export interface EventsOptions {
  outbox: Inbox;
  /** The name under which receipts and attempts are kept. */
  consumer: string;
  handlers: readonly EventHandler[];
  /** 503 where there is no end by then: before the Broker gives up waiting, which would not tell the desk why. */
  withinMs?: number;
}

/** The timeline is no reason to keep the Broker waiting. */
const recordWithinMs = 1_500;

const permanent = (code: string, detail: string) =>
  new Problem(code, detail, { status: 422, title: 'Event refused', retriable: false });

/**
 * `POST /_events`: 204 done or duplicate, 422 never to be tried again, 503 not now; no other code. What is not handled
 * is answered with its problem: the broker hands the first 1,024 bytes of it to the dead-letter desk as the reason.
 */
export const receiveEvents = (
  app: Hono<Env>,
  base: Base,
  { outbox, consumer, handlers, withinMs = 8_000 }: EventsOptions,
): void => {
  const byType = new Map(handlers.map((handler) => [handler.type, handler]));
  const observe = base.metrics.durations('event_handling_duration_seconds', 'Time to handle one delivery', [
    'type',
    'code',
  ]);

  const settle = async (event: CloudEvent, started: number): Promise<Settled> => {
    try {
      const handler = byType.get(event.type) ?? byType.get('*');
      if (!handler) throw permanent('unknown-type', `No handler for ${event.type}`);
      let reason: string | null = null;
      let recorded = false;
      const running = handler.run(event, {
        async once(work) {
          const outcome = await outbox.receive({ consumer, event }, work);
          reason = outcome === 'duplicate' ? outcome : null;
          return outcome;
        },
        async onceBy(work, compose) {
          const row = await outbox.receiveBy(
            { consumer, event, ms: performance.now() - started },
            work,
            compose,
          );
          recorded = row.received;
          reason = recorded ? null : 'duplicate';
          return row;
        },
      });
      await answerInTime(running, withinMs);
      return {
        code: 204,
        reason,
        recorded,
        answer: new Response(null, { status: 204 }),
      };
    } catch (error) {
      const problem = toProblem(error);
      const answer = refusal(problem);
      const code = answer.status;
      const fields = {
        err: problem.cause ?? problem,
        type: event.type,
        id: event.id,
        source: event.source,
        code,
      };
      base.log[problem.status === 500 ? 'error' : 'warn'](fields, `event not handled: ${problem.detail}`);
      return { code, reason: `${problem.code}: ${problem.detail}`, recorded: false, answer };
    }
  };

  const receive = async (event: CloudEvent): Promise<Response> => {
    const started = performance.now();
    const { code, reason, recorded, answer } = await settle(event, started);
    const ms = performance.now() - started;
    observe([byType.has(event.type) ? event.type : 'other', String(code)], ms / 1000);
    if (recorded) return answer;
    // The timeline's entry: outside the handler's transaction, for a failed attempt is one too, and before the answer.
    const recording = outbox.recordAttempt({ consumer, event, code, reason, ms: Math.round(ms) });
    await answerInTime(recording, recordWithinMs).catch((err: unknown) => {
      base.log.warn({ err, id: event.id }, 'attempt not recorded');
    });
    return answer;
  };

  app.post('/_events', async (c) => {
    noteRoute(c, '/_events');
    let event: CloudEvent;
    try {
      event = readCloudEvent(c.req.raw.headers, await readBytes(c));
    } catch (error) {
      const problem = toProblem(error);
      base.log.warn({ err: problem }, 'not an event');
      return refusal(problem);
    }
    const trace = typeof event.traceparent === 'string' ? event.traceparent : c.req.header('traceparent');
    return inTrace(trace, () => receive(event));
  });
};

interface Settled {
  code: number;
  /** For the timeline. */
  reason: string | null;
  /** The attempt is recorded with the receipt. */
  recorded: boolean;
  answer: Response;
}

const refusal = ({ code, detail, title, retriable }: Problem): Response =>
  problemResponse(
    new Problem(code, detail.slice(0, longestReason), { status: retriable ? 503 : 422, title, retriable }),
  );

/** So that the whole document is within what brokers keep of it. */
const longestReason = 600;
