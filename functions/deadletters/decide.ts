import { and, eq, sql } from 'drizzle-orm';
import { items } from '../../db/schema/deadletters.ts';
import type { CloudEvent } from '../../eventing/contracts/cloud-event.ts';
import type { Resend } from '../../eventing/outbox/outbox.ts';
import type { Transaction } from '../kit/inbox.ts';
import { conflict, notFound } from '../kit/problem.ts';
import type { Item } from './store.ts';

/** Sends the event of an open item once more, marked with its next round. Throws 404, and 409 for an item decided on. */
export const redrive = async (
  tx: Transaction,
  resend: Resend,
  { id, by }: { id: string; by: string },
): Promise<Item> => {
  // All items of the event are locked first, so that two redrives of it never take the same round.
  await tx.execute(sql`
    select id from deadletters.items
    where origin = (select origin from deadletters.items where id = ${id}) order by id for update`);
  const rounds = sql`(
    select max(greatest(round, coalesce(redriven_as, 0))) from deadletters.items as other
    where other.origin = ${items.origin})`;
  const item = await decide(tx, id, { state: 'redriven', redrivenAs: sql`1 + ${rounds}`, decidedBy: by });
  await resend({ ...(item.event as unknown as CloudEvent), kagariredrive: item.redrivenAs });
  return item;
};

/** Gives an open item up. Throws 404, and 409 for an item decided on. */
export const discard = async (
  tx: Transaction,
  { id, by, note }: { id: string; by: string; note: string },
): Promise<void> => {
  await decide(tx, id, { state: 'discarded', note, decidedBy: by });
};

const decide = async (tx: Transaction, id: string, decision: Decision): Promise<Item> => {
  const [item] = await tx
    .update(items)
    .set({ ...decision, decidedAt: sql`now()` })
    .where(and(eq(items.id, id), eq(items.state, 'open')))
    .returning();
  if (item) return item;
  const [decided] = await tx.select({ state: items.state }).from(items).where(eq(items.id, id));
  if (!decided) throw notFound();
  throw conflict('decided', `This dead letter is ${decided.state} already.`);
};

type Decision = Parameters<ReturnType<Transaction['update']>['set']>[0];
