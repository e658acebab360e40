import * as z from 'zod';
import { states } from '../../db/schema/deadletters.ts';
import { operation } from '../kit/operation.ts';
import { PageQuery } from '../kit/page.ts';

const State = z.enum(states);
const params = z.object({ id: z.uuid() });

export const DeadLetter = z.strictObject({
  id: z.uuid(),
  event: z.record(z.string(), z.unknown()).describe('The CloudEvent in its JSON format, as it was sent'),
  destination: z.string().nullable(),
  code: z.int().nullable(),
  reason: z.string().nullable(),
  attempts: z.int().nullable(),
  state: State,
  note: z.string().nullable(),
  receivedAt: z.iso.datetime(),
});

export const operations = {
  listDeadLetters: operation({
    method: 'get',
    path: '/',
    access: 'operator',
    summary: 'Events that could not be delivered, newest first',
    query: PageQuery.extend({ type: z.string().min(1).max(255).optional(), state: State.optional() }),
    responses: {
      200: {
        description: 'A page of dead letters',
        schema: z.strictObject({ items: z.array(DeadLetter), nextCursor: z.string().nullable() }),
      },
    },
  }),
  redrive: operation({
    method: 'post',
    path: '/:id/redrive',
    access: 'operator',
    summary: 'Send the event once more to the broker',
    params,
    responses: {
      202: { description: 'It is on its way', schema: DeadLetter },
      409: { description: 'It is redriven or discarded already' },
    },
  }),
  discard: operation({
    method: 'post',
    path: '/:id/discard',
    access: 'operator',
    summary: 'Give the event up, saying why',
    params,
    body: z.strictObject({ note: z.string().trim().min(1).max(1000) }),
    responses: {
      204: { description: 'It is discarded' },
      409: { description: 'It is redriven or discarded already' },
    },
  }),
};
