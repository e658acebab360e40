import * as z from 'zod';
import { contract } from './contract.ts';

export const notificationSent = contract({
  type: 'dev.kagari.notification.sent.v1',
  schema: z.object({
    notificationId: z.uuid(),
    userId: z.uuid(),
    type: z.enum(['welcome', 'order-paid', 'order-failed', 'order-cancelled']),
    /** The id of the order that the mail tells of; a welcome has none. */
    subject: z.uuid().optional(),
  }),
  subject: ({ notificationId }) => notificationId,
  partitionKey: ({ subject, userId }) => subject ?? userId,
});
