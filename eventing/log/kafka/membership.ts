import { setTimeout as sleep } from 'node:timers/promises';
import { describeMember, heldBy, protocolName, readShare, share, topicOf, writeShare } from './assignment.ts';
import type { Broker, Cluster, GroupMember, Joined } from './cluster.ts';
import { goneTopic, kindOf } from './errors.ts';

/** This process's place in a consumer group (Kafka's group protocol, eager rebalance). */
export interface Membership {
  /** Joins and answers the partitions that are this member's; `held` is what it would like to keep. */
  join(held: readonly number[]): Promise<number[]>;
  /** Resolves when the group wants all its members to join again; rejects where this one is no longer known. */
  stay(signal: AbortSignal): Promise<void>;
  /** Rejects where the membership, or the generation, is over. */
  commit(offsets: { partition: number; offset: bigint }[]): Promise<void>;
  leave(): Promise<void>;
}

export class MembershipLost extends Error {}

interface Deps {
  cluster: Cluster;
  topic: string;
  group: string;
  sessionMs: number;
  heartbeatMs: number;
}

const lost = new Set(['UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID']);
const rejoin = new Set(['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION']);

export const createMembership = ({ cluster, topic, group, sessionMs, heartbeatMs }: Deps): Membership => {
  let memberId = '';
  let current: (GroupMember & { coordinator: Broker }) | undefined;
  /** The leader's: how many partitions of each topic it has dealt. */
  let dealt = new Map<string, number>();

  const partitionsNow = (of: string) => cluster.findTopicPartitionMetadata(of).length;

  /** The leader's: the share of each member in the topic that it reads. */
  const deal = async ({ members }: Joined) => {
    const readers = Map.groupBy(members, ({ memberMetadata }) => topicOf(memberMetadata));
    for (const of of readers.keys()) if (!cluster.targetTopics.has(of)) await cluster.addTargetTopic(of);
    await cluster.refreshMetadata();
    dealt = new Map([...readers.keys()].map((of) => [of, partitionsNow(of)]));
    return [...readers].flatMap(([of, its]) => {
      const held = new Map(its.map(({ memberId, memberMetadata }) => [memberId, heldBy(memberMetadata)]));
      return [...share(held, dealt.get(of) ?? 0)].map(([id, partitions]) => ({
        memberId: id,
        memberAssignment: writeShare(of, partitions),
      }));
    });
  };

  const whole = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      if (!lost.has(kindOf(error))) throw error;
      memberId = '';
      current = undefined;
      throw new MembershipLost(`group "${group}" no longer knows this member`, { cause: error });
    });

  return {
    async join(held) {
      if (!cluster.targetTopics.has(topic)) await cluster.addTargetTopic(topic);
      if (!cluster.targetTopics.has(topic)) throw goneTopic(topic);
      const coordinator = await cluster.findGroupCoordinator({ groupId: group });
      const joined = await whole(
        coordinator.joinGroup({
          groupId: group,
          sessionTimeout: sessionMs,
          rebalanceTimeout: sessionMs,
          memberId,
          groupProtocols: [{ name: protocolName, metadata: describeMember(topic, held) }],
        }),
      );
      memberId = joined.memberId;
      const leads = joined.leaderId === memberId;
      dealt = new Map();
      const { memberAssignment } = await whole(
        coordinator.syncGroup({
          groupId: group,
          generationId: joined.generationId,
          memberId,
          groupAssignment: leads ? await deal(joined) : [],
        }),
      );
      current = {
        groupId: group,
        memberId,
        groupGenerationId: joined.generationId,
        coordinator,
      };
      return readShare(topic, memberAssignment);
    },

    async stay(signal) {
      while (current && !signal.aborted) {
        await sleep(heartbeatMs, undefined, { signal }).catch(() => {});
        if (signal.aborted) return;
        const { coordinator, groupId, groupGenerationId } = current;
        try {
          await whole(coordinator.heartbeat({ groupId, memberId, groupGenerationId }));
        } catch (error) {
          if (rejoin.has(kindOf(error))) return;
          throw error;
        }
        // Whoever leads sees to it that partitions added later are read.
        if ([...dealt].some(([of, partitions]) => partitionsNow(of) !== partitions)) return;
      }
    },

    async commit(offsets) {
      if (!current) throw new Error(`no member of group "${group}" now`);
      const { coordinator, groupId, groupGenerationId } = current;
      const partitions = offsets.map(({ partition, offset }) => ({ partition, offset: String(offset) }));
      await coordinator.offsetCommit({
        groupId,
        memberId,
        groupGenerationId,
        topics: [{ topic, partitions }],
      });
    },

    async leave() {
      if (!current) return;
      const { coordinator } = current;
      current = undefined;
      await coordinator.leaveGroup({ groupId: group, memberId });
    },
  };
};
