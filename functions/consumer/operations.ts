import * as z from 'zod';
import { operation } from '../kit/operation.ts';

const Partition = z.strictObject({ count: z.int(), lastOffset: z.string().regex(/^\d+$/) });

export const operations = {
  consumed: operation({
    method: 'get',
    path: '/consumed',
    access: 'operator',
    summary: 'How many records have come of each partition of each topic, each counted once',
    responses: {
      200: {
        description: 'By topic, then partition',
        schema: z.strictObject({ topics: z.record(z.string(), z.record(z.string(), Partition)) }),
      },
    },
  }),
};
