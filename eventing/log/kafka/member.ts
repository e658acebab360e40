import { backoff, pause } from '../backoff.ts';
import { createCommitter } from '../committer.ts';
import type { Logger } from '../logger.ts';
import { createPart } from '../part.ts';
import type { Subscription } from '../port.ts';
import { type ClusterOptions, openCluster } from './cluster.ts';
import { createDesk } from './desk.ts';
import { createFetcher, type Holding, pump } from './fetcher.ts';
import { createMembership, MembershipLost } from './membership.ts';
import type { Trouble } from './trouble.ts';

/** One subscription: a member of its group with connections of its own, since joins and fetches hold theirs. */
export interface Member {
  /** Lets what is in hand finish, commits it and leaves the group. */
  close(graceMs: number): Promise<void>;
}

interface Deps {
  cluster: ClusterOptions;
  subscription: Subscription;
  /** Offsets where a partition's reading begins. */
  starts(partitions: number[]): Promise<Map<number, bigint>>;
  sessionMs: number;
  heartbeatMs: number;
  commitMs: number;
  logger: Logger;
  trouble: Trouble;
}

/** Of a commit at the end, and of the leave-taking. */
const farewellMs = 1_000;

export const createMember = ({
  cluster: options,
  subscription,
  starts,
  logger,
  trouble,
  commitMs,
  ...times
}: Deps): Member => {
  const { topic, group, handle, maxInFlight = 10 } = subscription;
  const cluster = openCluster(options);
  const desk = createDesk(cluster);
  const membership = createMembership({ cluster, topic, group, ...times });
  const holdings = new Map<number, Holding>();
  const closing = new AbortController();
  let held = 0;

  const committer = createCommitter({
    async write(commits) {
      // A broker asks for the generation only: what has gone to another must not be named.
      const mine = commits.filter(({ member, partition }) => holdings.get(partition)?.part.member === member);
      if (mine.length > 0) await membership.commit(mine);
      return mine;
    },
    onLost: () => {},
    delayMs: commitMs,
  });

  const fetcher = createFetcher({
    desk,
    topic,
    holdings,
    maxInFlight,
    logger,
    onOutOfRange: (from) => void restart(from),
  });

  const take = (partition: number, from: bigint): void => {
    const part = createPart({
      member: ++held,
      partition,
      from,
      end: from,
      handle,
      logger,
      onDone(part) {
        committer.mark(part);
        pump(holding, maxInFlight);
        fetcher.wake();
      },
    });
    const holding: Holding = { part, buffer: [], bytes: 0, next: from };
    holdings.set(partition, holding);
  };

  const drop = (partition: number): void => {
    holdings.get(partition)?.part.abandon();
    holdings.delete(partition);
  };

  /** The log no longer has what comes next: retention, or a topic made anew. */
  const restart = async (asked: Holding): Promise<void> => {
    const { partition } = asked.part;
    const from = await fetcher.firstKept(partition).catch(() => undefined);
    if (from === undefined || holdings.get(partition) !== asked) return;
    if (from > asked.next) {
      asked.next = from;
      pump(asked, maxInFlight);
    } else {
      drop(partition);
      take(partition, from);
    }
  };

  const follow = async (assigned: number[]): Promise<void> => {
    for (const partition of [...holdings.keys()]) if (!assigned.includes(partition)) drop(partition);
    const fresh = assigned.filter((partition) => !holdings.has(partition));
    if (fresh.length === 0) return;
    for (const [partition, from] of await starts(fresh)) take(partition, from);
  };

  /** One generation of the group: from its join until it wants another, or something fails. */
  const serve = async (): Promise<void> => {
    await cluster.connect();
    // What is done is committed while this generation still may.
    await committer.flush(farewellMs / 4);
    await follow(await membership.join([...holdings.keys()]));
    trouble.over(holdings);
    const over = new AbortController();
    const fetching = fetcher.run(AbortSignal.any([over.signal, closing.signal]));
    try {
      await membership.stay(closing.signal);
    } finally {
      over.abort();
      await fetching;
    }
  };

  const serving = (async () => {
    for (let failures = 0; !closing.signal.aborted; ) {
      try {
        await serve();
        failures = 0;
      } catch (error) {
        if (closing.signal.aborted) return;
        if (error instanceof MembershipLost) for (const partition of [...holdings.keys()]) drop(partition);
        else {
          logger.debug({ err: error, topic, group }, 'a consumer does not read and tries again');
          trouble.met(holdings, error);
        }
        await pause(backoff(++failures, { first: 50, most: 1_000 }), closing.signal);
        if (!closing.signal.aborted) await desk.refresh(error);
      }
    }
  })();

  let closed: Promise<void> | undefined;
  return {
    close(graceMs) {
      closed ??= (async () => {
        const mine = [...holdings.values()];
        for (const { part } of mine) part.leaving = true;
        await Promise.all(mine.map(({ part }) => part.drain(graceMs)));
        for (const { part } of mine) committer.mark(part);
        await committer.flush(farewellMs);
        closing.abort();
        await Promise.race([membership.leave().catch(() => {}), pause(farewellMs)]);
        // A join under way ends with its connection.
        await cluster.disconnect().catch(() => {});
        await Promise.race([serving, pause(farewellMs)]);
        trouble.over(holdings);
        holdings.clear();
      })();
      return closed;
    },
  };
};
