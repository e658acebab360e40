import { AssignerProtocol } from 'kafkajs';

/** Our way of sharing, by name: members of a group agree on one. */
export const protocolName = 'kagari-sticky';

const { MemberMetadata, MemberAssignment } = AssignerProtocol;
const version = 1;

/** What a member says of itself when it joins. */
export const describeMember = (topic: string, held: readonly number[]): Buffer =>
  MemberMetadata.encode({ version, topics: [topic], userData: Buffer.from(JSON.stringify(held)) });

/** The topic that a member reads: members of one group may read different ones. */
export const topicOf = (metadata: Buffer): string => MemberMetadata.decode(metadata)?.topics[0] ?? '';

/** The partitions that a member says it holds. */
export const heldBy = (metadata: Buffer): number[] => {
  try {
    const held: unknown = JSON.parse(MemberMetadata.decode(metadata)?.userData.toString() ?? '[]');
    return Array.isArray(held) ? held.filter((partition) => Number.isInteger(partition)) : [];
  } catch {
    return [];
  }
};

export const writeShare = (topic: string, partitions: number[]): Buffer =>
  MemberAssignment.encode({ version, assignment: { [topic]: partitions }, userData: Buffer.alloc(0) });

export const readShare = (topic: string, assignment: Buffer): number[] =>
  assignment.length === 0 ? [] : (MemberAssignment.decode(assignment)?.assignment[topic] ?? []);

/** Shares that differ by at most one partition; whoever holds one keeps it as far as its share goes. */
export const share = (
  members: ReadonlyMap<string, readonly number[]>,
  partitions: number,
): Map<string, number[]> => {
  const ids = [...members.keys()].sort((a, b) => held(members, b) - held(members, a) || (a < b ? -1 : 1));
  const free = new Set(Array.from({ length: partitions }, (_, partition) => partition));
  const least = Math.floor(partitions / ids.length);
  const more = partitions % ids.length;
  const shares = new Map<string, number[]>();
  // Who holds most keeps the larger shares, so that the fewest move.
  for (const [i, id] of ids.entries()) {
    const size = least + (i < more ? 1 : 0);
    const kept = (members.get(id) ?? []).filter((partition) => free.has(partition)).slice(0, size);
    for (const partition of kept) free.delete(partition);
    shares.set(id, kept);
  }
  for (const [i, id] of ids.entries()) {
    const mine = shares.get(id) as number[];
    const size = least + (i < more ? 1 : 0);
    for (const partition of free) {
      if (mine.length >= size) break;
      free.delete(partition);
      mine.push(partition);
    }
  }
  return shares;
};

const held = (members: ReadonlyMap<string, readonly number[]>, id: string): number =>
  members.get(id)?.length ?? 0;
