import * as z from 'zod';
import { contract } from './contract.ts';

export const userSignedUp = contract({
  type: 'dev.kagari.user.signed-up.v1',
  schema: z.object({ userId: z.uuid(), email: z.email() }),
  subject: ({ userId }) => userId,
  partitionKey: ({ userId }) => userId,
});
