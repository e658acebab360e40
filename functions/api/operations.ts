import * as z from 'zod';
import { operation } from '../kit/operation.ts';
import { topicName } from '../kit/topic-name.ts';

export const Message = z.strictObject({
  topic: z.string(),
  partition: z.int(),
  offset: z.string().regex(/^\d+$/),
  key: z.string().nullable(),
  timestamp: z.iso.datetime(),
  headers: z.record(z.string(), z.string()),
  value: z.unknown().describe('The value as JSON where it is JSON, else as a string'),
});

export const operations = {
  time: operation({
    method: 'get',
    path: '/time',
    access: 'public',
    summary: "The database's time",
    responses: { 200: { description: 'RFC 3339, UTC', schema: z.strictObject({ time: z.iso.datetime() }) } },
  }),
  messages: operation({
    method: 'get',
    path: '/messages',
    access: 'operator',
    summary: 'The newest messages of a topic of the event log',
    description: 'Newest first, then by partition and offset. Fewer than the limit where they are large.',
    query: z.strictObject({
      topic: topicName,
      limit: z.coerce.number().int().min(1).max(1000).default(20),
    }),
    responses: {
      200: { description: 'The messages', schema: z.array(Message) },
      404: { description: 'There is no such topic' },
    },
  }),
};
