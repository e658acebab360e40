import { createHash } from 'node:crypto';
import type { Sql } from 'postgres';
import { Problem } from '../kit/problem.ts';

/**
 * How many wrong passwords there may be: so many at once, and as many again in every `seconds`. From a place where this
 * account was logged in to before only the first counts, so that no stranger elsewhere can keep its owner out.
 */
export const tries = {
  /** Of one account from one address. */
  here: { capacity: 10, seconds: 600 },
  /** Of one account from all addresses that are new to it. */
  account: { capacity: 50, seconds: 3_600 },
  /** Of one address at all accounts that are new to it. */
  address: { capacity: 300, seconds: 300 },
};
export const placeKnownDays = 30;

const longestSeconds = Math.max(...Object.values(tries).map(({ seconds }) => seconds));
const sweepEveryMs = 60_000;

export interface Try {
  email: string;
  address: string;
}

export type Throttle = ReturnType<typeof createThrottle>;

/** The same for accounts that there are and that there are not; shared by all pods. */
export const createThrottle = (sql: Sql) => {
  let sweepAt = 0;
  const sweep = async () => {
    if (Date.now() < sweepAt) return;
    sweepAt = Date.now() + sweepEveryMs;
    await sql`delete from auth.login_tries where at < clock_timestamp() - make_interval(secs => ${longestSeconds})`;
    await sql`delete from auth.known_places where at < now() - make_interval(days => ${placeKnownDays})`;
  };

  return {
    /** Takes one try before the password is looked at, so that many at once are counted too. Throws 429. */
    async take(attempt: Try): Promise<void> {
      const keys = keysOf(attempt);
      const [row] = await sql<{ wait: number }[]>`
        select auth.take_try(array_agg(key), array_agg(capacity), array_agg(seconds)) as wait
        from (values
          (${keys.here}::bytea, ${tries.here.capacity}::float8, ${tries.here.seconds}::float8, true),
          (${keys.account}, ${tries.account.capacity}, ${tries.account.seconds}, false),
          (${keys.address}, ${tries.address.capacity}, ${tries.address.seconds}, false)
        ) as bucket (key, capacity, seconds, always)
        where always or not exists (
          select from auth.known_places
          where key = ${keys.here} and at > now() - make_interval(days => ${placeKnownDays}))`;
      const seconds = Math.ceil(row?.wait ?? 0);
      if (seconds === 0) return;
      throw new Problem('too-many-tries', `Too many wrong passwords; try again in ${seconds} s.`, {
        status: 429,
        title: 'Too many requests',
        retryAfterSeconds: seconds,
      });
    },

    /** The password was right: the try costs nothing, what was wrong here before is forgiven, the place is known. */
    async forgive(attempt: Try): Promise<void> {
      const keys = keysOf(attempt);
      await sql`
        with forgiven as (delete from auth.login_tries where key = ${keys.here}),
        given_back as (
          update auth.login_tries as b set tokens = least(b.tokens + 1, asked.capacity)
          from (values
            (${keys.account}::bytea, ${tries.account.capacity}::float8),
            (${keys.address}, ${tries.address.capacity})
          ) as asked (key, capacity)
          where b.key = asked.key
            and not exists (select from auth.known_places
              where key = ${keys.here} and at > now() - make_interval(days => ${placeKnownDays})))
        insert into auth.known_places (key) values (${keys.here})
        on conflict (key) do update set at = excluded.at`;
      await sweep();
    },
  };
};

const keysOf = ({ email, address }: Try) => ({
  here: hash('here', email, address),
  account: hash('account', email),
  address: hash('address', address),
});

const hash = (...parts: string[]) => createHash('sha256').update(parts.join('\0')).digest();
