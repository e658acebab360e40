import { isTakenBack, orTakeBack, receiveEvent } from '../../eventing/outbox/receive-event.ts';
import type { OnceBy } from '../kit/inbox.ts';
import { unavailable } from '../kit/problem.ts';
import { insertCounts } from './add-to-counters.ts';
import { type Count, countsOf, difference } from './counts.ts';
import { beginsLife, type Facts, learn, lifeOf, type Told } from './facts.ts';
import type { Store } from './store.ts';

/** Of one subject's events few come at the same moment. */
const tries = 5;

/** Of an order the next event comes within seconds, most often to this process. */
const mostRemembered = 1_000;

/**
 * Answers a function that learns what an event tells, and counts it, in the statement that takes the event's receipt. What
 * was learned here a moment ago is remembered, and of the first event of a life nothing is thought to be known; where the
 * table says otherwise nothing is written, the facts are read, and it is tried again.
 */
export const createHearing = (store: Pick<Store, 'factsOf'>) => {
  const remembered = new Map<string, Facts>();

  return async (onceBy: OnceBy, type: string, told: Told): Promise<void> => {
    const { subject, noun, userId } = told;
    for (let tried = 0; tried < tries; tried++) {
      const thought =
        tried > 0 ? undefined : (remembered.get(subject) ?? (beginsLife(told) ? {} : undefined));
      const known = thought ?? (await store.factsOf(subject));
      const facts = learn(known, told.facts);
      const counts: Count[] = [
        { name: 'events', label: type, value: 1 },
        ...difference(countsOf(noun, known), countsOf(noun, facts)),
      ];
      const life = lifeOf(noun, facts);
      const learned = [
        subject,
        noun,
        userId,
        JSON.stringify(facts),
        life?.beganAt ?? null,
        life?.endedAt ?? null,
      ];
      const parameters = [...learned, JSON.stringify(known), JSON.stringify(counts)];
      try {
        const { received } = await onceBy(nothingToTell, (delivery) => ({
          text: learning,
          parameters: [delivery, ...parameters],
          wrote: () => false,
        }));
        if (remembered.size >= mostRemembered) remembered.clear();
        if (received) remembered.set(subject, facts);
        return;
      } catch (error) {
        if (!isTakenBack(error)) throw error;
        remembered.delete(subject);
      }
    }
    throw unavailable('Other events of the same subject come all the time.');
  };
};

const nothingToTell = async () => {};

const learning = `
  with ${receiveEvent('$1')},
  learned as (
    insert into analytics.subjects as subject (id, noun, user_id, facts, began_at, ended_at)
    select $2::text, $3::text, $4::text::uuid, $5::text::jsonb, $6::text::timestamptz, $7::text::timestamptz
    where exists (select from receipt)
      and ($8::text = '{}' or exists (select from analytics.subjects where id = $2::text))
    on conflict (id) do update
      set facts = excluded.facts, began_at = excluded.began_at, ended_at = excluded.ended_at
      where subject.facts = $8::text::jsonb
    returning 1
  ), counted as (${insertCounts('$9', 'exists (select from learned)')})
  select received, ${orTakeBack('exists (select from learned)')}
  from (select exists (select from receipt) as received) done`;
