import { type ClusterOptions, openCluster } from './cluster.ts';
import { createDesk } from './desk.ts';

export interface Stranger {
  group: string;
  clientId: string;
  host: string;
}

/** A member of another client's, of the first of these groups that has one. Throws LogError. */
export const findStranger = async (
  options: ClusterOptions,
  groups: readonly string[],
): Promise<Stranger | undefined> => {
  const cluster = openCluster(options);
  const desk = createDesk(cluster);
  try {
    for (const group of groups) {
      const described = await desk.ask(async () => {
        const coordinator = await cluster.findGroupCoordinator({ groupId: group });
        return coordinator.describeGroups({ groupIds: [group] });
      });
      const members = described.groups.flatMap(({ members }) => members);
      const other = members.find(({ clientId }) => clientId !== options.clientId);
      if (other) return { group, clientId: other.clientId, host: other.clientHost };
    }
    return undefined;
  } finally {
    await cluster.disconnect();
  }
};
