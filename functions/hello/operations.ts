import * as z from 'zod';
import { operation } from '../kit/operation.ts';

export const operations = {
  greet: operation({
    method: 'get',
    path: '/',
    access: 'public',
    summary: 'Say hello',
    query: z.strictObject({ name: z.string().min(1).max(100).default('world') }),
    responses: { 200: { description: 'A greeting', schema: z.object({ message: z.string() }) } },
  }),
};
