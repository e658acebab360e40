import * as z from 'zod';
import { operation } from '../kit/operation.ts';
import { isModest } from './modest.ts';

const Amount = z.int();
const Count = z.int().nonnegative();
const Time = z.iso.datetime();
const counts = (labels: readonly string[]) =>
  z.strictObject(Object.fromEntries(labels.map((label) => [label, Count])));
const ByLabel = z.record(z.string(), Count);
const Delay = z.strictObject({
  count: Count,
  p50Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
});

export const orderStatuses = ['pending', 'paid', 'failed', 'cancelled'] as const;
export const paymentStatuses = ['initiated', 'succeeded', 'failed', 'refunded'] as const;

export const NewRecord = z.strictObject({
  type: z.string().min(1).max(255),
  subject: z.string().min(1).max(255).optional(),
  data: z.unknown().refine(isModest, 'at most 16 KiB of JSON, nested at most 20 deep').optional(),
});

export const Summary = z.strictObject({
  at: Time,
  orders: counts(orderStatuses).describe('Orders by the status they have now'),
  failures: ByLabel.describe('Failed orders by reason'),
  revenue: z
    .array(z.strictObject({ currency: z.string(), captured: Amount, refunded: Amount }))
    .describe('In minor units'),
  payments: counts(paymentStatuses).describe('Payments by the status they have now'),
  mails: ByLabel.describe('Mails sent, by type'),
  users: Count,
  events: ByLabel.describe('Events heard, by type'),
  records: Count.describe('Events that clients told of themselves'),
  delays: z
    .strictObject({
      orderSettled: Delay.describe('Placed to paid or failed'),
      paymentSettled: Delay.describe('Initiated to succeeded or failed'),
      eventReceived: Delay.describe('Published to received, by any function'),
    })
    .describe('Of the newest thousand'),
  handlers: z
    .strictObject({
      since: Time.nullable(),
      deadLetters: Count,
      services: z.array(
        z.strictObject({
          service: z.string(),
          attempts: Count,
          retriable: Count.describe('Answered 503: tried again'),
          refused: Count.describe('Answered 422: given up'),
          p50Ms: z.number(),
          p99Ms: z.number(),
        }),
      ),
    })
    .describe('Of the newest ten thousand deliveries'),
});

export const kinds = ['received', 'published', 'attempt'] as const;

export const Timeline = z.strictObject({
  subject: z.string(),
  entries: z.array(
    z.strictObject({
      time: Time,
      kind: z.enum(kinds),
      service: z.string(),
      event: z.string().optional().describe("The event's type"),
      attempt: z.int().positive().optional().describe('Which delivery of the event to the service this was'),
      code: z.int().optional().describe('What the service answered'),
    }),
  ),
});

export const operations = {
  recordEvent: operation({
    method: 'post',
    path: '/events',
    access: 'customer',
    summary: 'Tell of something that happened at the client',
    description: 'It is stored and counted, and published to nobody.',
    body: NewRecord,
    responses: { 202: { description: 'It is stored', schema: z.strictObject({ id: z.uuid() }) } },
  }),
  metrics: operation({
    method: 'get',
    path: '/metrics',
    access: 'public',
    summary: 'How many orders, payments, mails, users and events there have been',
    description: 'Aggregates in the text format of Prometheus, the same from every pod.',
    responses: { 200: { description: 'All counters', contentType: 'text/plain' } },
  }),
  summary: operation({
    method: 'get',
    path: '/summary',
    access: 'operator',
    summary: 'How the business and its event handlers fare',
    responses: { 200: { description: 'All sums, and delays of late', schema: Summary } },
  }),
  timeline: operation({
    method: 'get',
    path: '/timeline/:subject',
    access: 'customer',
    summary: 'What happened to an own order, payment, mail or user, step by step',
    description:
      'The events published about it, who received them, and every delivery. With an order come its payment and mails. The newest thousand entries, in the order of time.',
    params: z.object({ subject: z.string() }),
    responses: { 200: { description: 'Its steps', schema: Timeline } },
  }),
};
