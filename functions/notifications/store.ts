import { and, desc, eq, sql as fragment, inArray, lt } from 'drizzle-orm';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import { mails } from '../../db/schema/notifications.ts';

export type Store = ReturnType<typeof createStore>;

export const createStore = (db: PostgresJsDatabase) => {
  const { placeholder } = fragment;
  const page = db
    .select({ id: mails.id, type: mails.type, subject: mails.subject, sentAt: mails.sentAt })
    .from(mails)
    .where(
      and(
        eq(mails.userId, placeholder('userId')),
        lt(mails.id, placeholder('before')),
        inArray(mails.state, ['kept', 'sent']),
      ),
    )
    .orderBy(desc(mails.id))
    .limit(placeholder('limit'))
    .prepare('mails_of_user');

  return {
    /** The user's mails that were sent, or stay here, newest first, below an id. */
    list: (userId: string, before: string, limit: number) => page.execute({ userId, before, limit }),
  };
};
