import type { Commit } from '../committer.ts';
import type { Client } from './client.ts';
import { channel, membersChanged } from './notices.ts';

/** A group's topic as one of its members sees it. */
export interface View {
  member: number;
  /** All members of the group, this one among them. */
  members: number[];
  partitions: PartitionView[];
}

export interface PartitionView {
  partition: number;
  holder: number | null;
  end: bigint;
}

export interface Claimed {
  partition: number;
  offset: bigint;
  end: bigint;
}

/** What the members of this session see, by member; one that is missing has been given up for dead. */
export const look = async (client: Client, session: number): Promise<Map<number, View>> => {
  const rows = await client<
    { id: number; members: number[]; partitions: number[]; holders: (number | null)[]; ends: bigint[] }[]
  >`
      select m.id, seen.*, (
        select array_agg(o.id) from log.members o where o.topic = m.topic and o."group" = m."group"
      ) as members
      from log.members m cross join lateral (
        select coalesce(array_agg(c.partition order by c.partition), '{}') as partitions,
          coalesce(array_agg(c.member order by c.partition), '{}') as holders,
          coalesce(array_agg(p.next_offset order by c.partition), '{}') as ends
        from log.claims c join log.partitions p using (topic, partition)
        where c."group" = m."group" and c.topic = m.topic
      ) seen
      where m.session = ${session}`;
  return new Map(
    rows.map(({ id, members, partitions, holders, ends }) => [
      id,
      {
        member: id,
        members,
        partitions: partitions.map((partition, i) => ({
          partition,
          holder: holders[i] ?? null,
          end: ends[i] as bigint,
        })),
      },
    ]),
  );
};

/** Takes those of `partitions` that nobody holds; answers what it has now. */
export const claim = (client: Client, member: number, partitions: number[]): Promise<Claimed[]> =>
  client<Claimed[]>`
    update log.claims c set member = m.id
    from log.members m, log.partitions p
    where m.id = ${member} and c."group" = m."group" and c.topic = m.topic
      and c.partition = any(${client.array.int4(partitions)}::int[]) and (c.member is null or c.member = m.id)
      and p.topic = c.topic and p.partition = c.partition
    returning c.partition, c."offset", p.next_offset as end`;

export const release = async (client: Client, member: number, partition: number): Promise<void> => {
  await client`
    update log.claims set member = null where member = ${member} and partition = ${partition}
    returning case when exists (select from log.members o where o.id <> ${member} and o."group" = claims."group")
      then pg_notify(${channel}, ${membersChanged}) end`;
};

/** Moves committed offsets forward; what is no longer the member's stays as it is. Answers what was the member's. */
export const commit = (client: Client, commits: Commit[]): Promise<{ member: number; partition: number }[]> =>
  client<{ member: number; partition: number }[]>`
    update log.claims c set "offset" = greatest(c."offset", done."offset")
    from unnest(
      ${client.array.int4(commits.map(({ member }) => member))}::int[],
      ${client.array.int4(commits.map(({ partition }) => partition))}::int[],
      ${client.array.int8(commits.map(({ offset }) => offset))}::bigint[]
    ) as done (member, partition, "offset")
    where c.member = done.member and c.partition = done.partition
    returning c.member, c.partition`;
