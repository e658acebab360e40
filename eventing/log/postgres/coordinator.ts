import { backoff, pause } from '../backoff.ts';
import type { Logger } from '../logger.ts';
import { LogError } from '../port.ts';
import { look } from './claims.ts';
import type { Client } from './client.ts';
import { join, leave } from './groups.ts';
import type { Member } from './member.ts';
import { membersChanged, parseRecordsStored } from './notices.ts';
import { buryDeadSessions, type Session } from './session.ts';
import type { Topics } from './topics.ts';

export interface Coordinator {
  /** Resolves when the member has joined its group and what stood free is claimed. Throws LogError. */
  add(member: Member): Promise<void>;
  /** Ends a membership; bounded in time also when the database is away. */
  remove(member: Member): Promise<void>;
  /** Something has changed: look again soon. */
  wake(): void;
  notified(payload: string): void;
  /** Records were stored by this process. */
  stored(topic: number, partition: number, end: bigint): void;
  stop(): Promise<void>;
}

interface Deps {
  client: Client;
  session: Session;
  topics: Topics;
  logger: Logger;
  pollMs: number;
}

/**
 * Keeps this process's members in their groups: in rounds, one at a time, it renews the session, joins who has not
 * joined, and lets each follow what the group looks like. A round comes by poll, and at once when something happened.
 */
export const createCoordinator = ({ client, session, topics, logger, pollMs }: Deps): Coordinator => {
  const members = new Set<Member>();
  const waiting = new Map<Member, { resolve(): void; reject(error: unknown): void }>();
  let timer: NodeJS.Timeout | undefined;
  let round: Promise<void> | undefined;
  let again = false;
  let failures = 0;
  let stopped = false;

  const joinAll = async (): Promise<void> => {
    const id = session.id();
    if (id === undefined) return;
    await Promise.all(
      [...members].map(async (member) => {
        if (member.current) return;
        const { topic: name, group, from = 'latest' } = member.subscription;
        try {
          const topic = await topics.get(name);
          const joined = await join(client, { topic, group, from, session: id });
          if (joined === undefined) topics.forget(name);
          else member.current = { id: joined, topic };
        } catch (error) {
          // Its topic is gone: it waits for one of that name, unless it is new and nobody has counted on it.
          if (!(error instanceof LogError) || error.code !== 'unknown-topic') throw error;
          refuse(member, error);
        }
      }),
    );
  };

  const refuse = (member: Member, error: unknown): void => {
    const promise = waiting.get(member);
    if (!promise) return;
    waiting.delete(member);
    members.delete(member);
    promise.reject(error);
  };

  const welcome = (member: Member): void => {
    waiting.get(member)?.resolve();
    waiting.delete(member);
  };

  const followAll = async (): Promise<void> => {
    const id = session.id();
    if (id === undefined) return;
    await buryDeadSessions(client, id);
    const views = await look(client, id);
    const here = new Map(
      [...members].flatMap((member) => (member.current ? [[member.current.id, member]] : [])),
    );
    await Promise.all([
      ...[...here].map(async ([memberId, member]) => {
        const view = views.get(memberId);
        const whole = view && view.partitions.length === member.current?.topic.partitions;
        if (whole) await member.follow(view);
        else {
          // Given up for dead, or its topic or group was deleted under it: it joins anew.
          topics.forget(member.subscription.topic);
          member.lose();
          if (view) await leave(client, memberId);
          again = true;
        }
      }),
      // A join whose answer was lost has left a member whom nobody here is.
      ...[...views.keys()].filter((other) => !here.has(other)).map((ghost) => leave(client, ghost)),
    ]);
    for (const member of here.values()) if (member.current) welcome(member);
  };

  const once = async (): Promise<void> => {
    try {
      if ((await session.keep()) === 'new') for (const member of members) member.lose();
      await joinAll();
      await followAll();
      if (failures > 0) logger.info({ failures }, 'the event log answers again');
      failures = 0;
    } catch (error) {
      failures++;
      if (failures === 1) logger.warn({ err: error }, 'the event log does not answer');
      for (const member of [...waiting.keys()]) refuse(member, error);
    }
  };

  const run = (): void => {
    if (stopped || members.size === 0) return;
    if (round) {
      again = true;
      return;
    }
    clearTimeout(timer);
    again = false;
    round = once().finally(() => {
      round = undefined;
      if (stopped) return;
      if (again && failures === 0) return run();
      timer = setTimeout(run, failures > 0 ? backoff(failures) : pollMs);
    });
  };

  const advance = (topic: number, partition: number, end: bigint): void => {
    for (const member of members) if (member.current?.topic.id === topic) member.advance(partition, end);
  };

  return {
    wake: run,
    stored: advance,
    add(member) {
      members.add(member);
      return new Promise((resolve, reject) => {
        waiting.set(member, { resolve, reject });
        run();
      });
    },
    async remove(member) {
      // A round under way may be about to join it; where that takes too long, a later one finds the stray.
      await Promise.race([round, pause(1_000)]);
      members.delete(member);
      refuse(member, new LogError('unavailable', 'the consumer was closed'));
      const id = member.current?.id;
      member.lose();
      // Where it fails the connection is gone: a later round finds a member whom nobody is, or others a dead session.
      if (id !== undefined) await leave(client, id).catch(() => {});
      run();
    },
    notified(payload) {
      if (payload === membersChanged) return run();
      const records = parseRecordsStored(payload);
      if (records) advance(records.topic, records.partition, records.end);
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await round;
    },
  };
};
