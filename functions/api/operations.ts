import * as z from 'zod';
import { operation } from '../kit/operation.ts';

export const operations = {
  time: operation({
    method: 'get',
    path: '/time',
    access: 'public',
    summary: "The database's time",
    responses: { 200: { description: 'RFC 3339, UTC', schema: z.strictObject({ time: z.iso.datetime() }) } },
  }),
};
