import * as z from 'zod';
import { mailTypes } from '../../db/schema/notifications.ts';
import { operation } from '../kit/operation.ts';
import { PageQuery } from '../kit/page.ts';

export const Mail = z.strictObject({
  id: z.uuid(),
  type: z.enum(mailTypes),
  subject: z.string(),
  sentAt: z.iso.datetime(),
});

export const operations = {
  listMails: operation({
    method: 'get',
    path: '/',
    access: 'customer',
    summary: 'Own mails, newest first',
    query: PageQuery,
    responses: {
      200: {
        description: 'A page of mails',
        schema: z.strictObject({ items: z.array(Mail), nextCursor: z.string().nullable() }),
      },
    },
  }),
};
