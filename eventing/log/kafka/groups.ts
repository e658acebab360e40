import { LogError } from '../port.ts';
import type { Desk } from './desk.ts';
import { kindOf } from './errors.ts';
import { atEnd, atStart, type Offsets } from './offsets.ts';
import type { Topics } from './topics.ts';

export interface Groups {
  start(topic: string, group: string, at: 'earliest' | 'latest'): Promise<void>;
  committed(topic: string, group: string): Promise<(bigint | null)[]>;
  list(): Promise<string[]>;
  remove(group: string): Promise<void>;
}

/** A commit from outside a group is taken while the group has no members. */
const outside = { memberId: '', groupGenerationId: -1 };
const membersDecide = new Set([
  'UNKNOWN_MEMBER_ID',
  'ILLEGAL_GENERATION',
  'REBALANCE_IN_PROGRESS',
  'FENCED_INSTANCE_ID',
]);

export const createGroups = (desk: Desk, topics: Topics, offsets: Offsets): Groups => {
  const committed = async (topic: string, group: string): Promise<(bigint | null)[]> => {
    const partitions = Array.from({ length: await topics.partitions(topic) }, (_, partition) => ({
      partition,
    }));
    const { responses } = await desk.ask(async () => {
      const coordinator = await desk.cluster.findGroupCoordinator({ groupId: group });
      return coordinator.offsetFetch({ groupId: group, topics: [{ topic, partitions }] });
    }, topic);
    const found = new Map(
      responses.flatMap((response) =>
        response.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]),
      ),
    );
    return partitions.map(({ partition }) => {
      const offset = found.get(partition) ?? -1n;
      return offset < 0n ? null : offset;
    });
  };

  return {
    committed,

    async start(topic, group, at) {
      const missing = (await committed(topic, group)).flatMap((offset, partition) =>
        offset === null ? [partition] : [],
      );
      if (missing.length === 0) return;
      const starts = await offsets.at(topic, at === 'latest' ? atEnd : atStart);
      const partitions = missing.map((partition) => ({ partition, offset: String(starts[partition]) }));
      await desk.ask(async () => {
        const coordinator = await desk.cluster.findGroupCoordinator({ groupId: group });
        await coordinator
          .offsetCommit({ groupId: group, ...outside, topics: [{ topic, partitions }] })
          .catch((error) => {
            // Its members began in between, and each has seen to a start before it joined.
            if (!membersDecide.has(kindOf(error))) throw error;
          });
      }, topic);
    },

    list: () =>
      desk.ask(async () => {
        await desk.cluster.refreshMetadataIfNecessary();
        const found = await Promise.all(
          desk.cluster
            .getNodeIds()
            .map(async (nodeId) => (await (await desk.cluster.findBroker({ nodeId })).listGroups()).groups),
        );
        return [...new Set(found.flat().map(({ groupId }) => groupId))].sort();
      }),

    async remove(group) {
      await desk.ask(async () => {
        const coordinator = await desk.cluster.findGroupCoordinator({ groupId: group });
        const { results } = await coordinator.deleteGroups([group]);
        const error = results[0]?.error;
        if (!error || kindOf(error) === 'GROUP_ID_NOT_FOUND') return;
        if (kindOf(error) === 'NON_EMPTY_GROUP')
          throw new LogError('conflict', `group "${group}" has members`);
        throw error;
      });
    },
  };
};
