import { sql } from 'drizzle-orm';
import type { Transaction } from '../kit/inbox.ts';
import { type Count, countsOf, difference } from './counts.ts';
import { type Facts, learn, lifeOf, type Told } from './facts.ts';

/** Learns what an event tells, and counts it, in the transaction that takes the event's receipt. */
export const hearEvent = async (tx: Transaction, type: string, told: Told): Promise<void> => {
  const { subject, noun } = told;
  const known = await lockFacts(tx, told);
  const facts = learn(known, told.facts);
  const counts: Count[] = [
    { name: 'events', label: type, value: 1 },
    ...difference(countsOf(noun, known), countsOf(noun, facts)),
  ];
  const life = lifeOf(noun, facts);
  await tx.execute(sql`
    with learned as (
      update analytics.subjects set facts = ${JSON.stringify(facts)}::text::jsonb,
        began_at = ${life?.beganAt ?? null}::text::timestamptz, ended_at = ${life?.endedAt ?? null}::text::timestamptz
      where id = ${subject}
    )
    ${addToCounters(counts)}`);
};

/** The facts as they stand, after every transaction that was at work on them; none of a subject not heard of before. */
const lockFacts = async (tx: Transaction, { subject, noun, userId }: Told): Promise<Partial<Facts>> => {
  const [row] = await tx.execute<{ facts: Partial<Facts> }>(sql`
    insert into analytics.subjects as subject (id, noun, user_id) values (${subject}, ${noun}, ${userId})
    on conflict (id) do update set noun = subject.noun
    returning facts`);
  return row?.facts ?? {};
};

/** In one order, so that two transactions in one slot never wait for each other. */
export const addToCounters = (counts: readonly Count[]) => sql`
  insert into analytics.counters as counter (name, label, slot, value)
  select name, label, pg_backend_pid() % 16, value
  from json_to_recordset(${JSON.stringify(counts)}::text::json) as added (name text, label text, value bigint)
  order by name, label
  on conflict (name, label, slot) do update set value = counter.value + excluded.value`;
