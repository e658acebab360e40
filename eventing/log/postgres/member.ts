import type { Committer } from '../committer.ts';
import type { Logger } from '../logger.ts';
import { createPart, type Part } from '../part.ts';
import type { Subscription } from '../port.ts';
import { type Claimed, claim, release, type View } from './claims.ts';
import type { Client } from './client.ts';
import { createReader } from './reader.ts';
import { shareOf } from './share.ts';
import type { Tail } from './tail.ts';
import type { KnownTopic } from './topics.ts';

const handOverMs = 5_000;

/** One subscription of this process: it claims its share of the partitions, reads them and hands them over. */
export interface Member {
  readonly subscription: Subscription;
  /** Undefined until it has joined, and again when it was given up for dead. */
  current: { id: number; topic: KnownTopic } | undefined;
  /** Takes and gives partitions as the view asks for. */
  follow(view: View): Promise<void>;
  /** Records were stored up to `end`. */
  advance(partition: number, end: bigint): void;
  /** It was given up for dead: all its partitions are others'. */
  lose(): void;
  drain(graceMs: number): Promise<void>;
}

interface Deps {
  client: Client;
  subscription: Subscription;
  committer: Committer;
  tail: Tail;
  logger: Logger;
  /** A partition is free for other members, perhaps of this process. */
  onReleased(): void;
}

export const createMember = ({ client, subscription, committer, tail, logger, onReleased }: Deps): Member => {
  const { handle, maxInFlight = 10 } = subscription;
  const parts = new Map<number, Part>();
  const read = createReader({
    client,
    parts,
    topic: () => member.current?.topic,
    maxInFlight,
    tail,
    logger,
  });

  const take = (id: number, { partition, offset, end }: Claimed): void => {
    const known = parts.get(partition);
    if (known && !known.leaving) return;
    known?.abandon();
    parts.set(
      partition,
      createPart({
        member: id,
        partition,
        from: offset,
        end,
        handle,
        logger,
        onDone(part) {
          committer.mark(part);
          if (parts.get(partition) === part) void read();
        },
      }),
    );
  };

  const giveUp = (part: Part): void => {
    part.abandon();
    parts.delete(part.partition);
  };

  const handOver = async (part: Part): Promise<void> => {
    await part.drain(handOverMs);
    committer.mark(part);
    await committer.flush(1_000);
    if (parts.get(part.partition) !== part) return;
    parts.delete(part.partition);
    // Where it fails it is still claimed and nobody reads it: the next look takes it up again.
    await release(client, part.member, part.partition).catch(() => {});
    onReleased();
  };

  const member: Member = {
    subscription,
    current: undefined,

    async follow(view) {
      if (!member.current || member.current.id !== view.member) return;
      const { id, topic } = member.current;
      const share = shareOf(id, view.members, topic.partitions);
      const holders = new Map(view.partitions.map(({ partition, holder }) => [partition, holder]));
      for (const part of [...parts.values()]) {
        if (holders.get(part.partition) !== id) giveUp(part);
        else if (!share.has(part.partition) && !part.leaving) void handOver(part);
      }
      for (const { partition, end } of view.partitions) member.advance(partition, end);
      const free = view.partitions.filter(
        ({ partition, holder }) =>
          !parts.has(partition) && (holder === id || (share.has(partition) && holder === null)),
      );
      if (free.length === 0) return;
      for (const claimed of await claim(
        client,
        id,
        free.map(({ partition }) => partition),
      ))
        take(id, claimed);
      void read();
    },

    advance(partition, end) {
      const part = parts.get(partition);
      if (!part || part.end >= end) return;
      part.end = end;
      void read();
    },

    lose() {
      for (const part of [...parts.values()]) giveUp(part);
      member.current = undefined;
    },

    async drain(graceMs) {
      const mine = [...parts.values()];
      await Promise.all(mine.map((part) => part.drain(graceMs)));
      for (const part of mine) committer.mark(part);
      await committer.flush(1_000);
    },
  };
  return member;
};
