import * as z from 'zod';
import { operation } from '../kit/operation.ts';
import { topicName } from '../kit/topic-name.ts';

export const operations = {
  produce: operation({
    method: 'post',
    path: '/produce',
    access: 'operator',
    summary: 'Append one message to a topic of the event log',
    description:
      'Messages of one key stay in order. Topics of Brokers take events at their ingress only: 403.',
    body: z.strictObject({
      topic: topicName,
      key: z.string().min(1).max(1024).optional(),
      value: z
        .unknown()
        .refine((value) => value !== undefined, 'is missing')
        .describe('Any JSON'),
    }),
    responses: {
      202: {
        description: 'It is stored, at this place',
        schema: z.strictObject({ topic: z.string(), partition: z.int(), offset: z.string().regex(/^\d+$/) }),
      },
      404: { description: 'There is no such topic' },
    },
  }),
};
