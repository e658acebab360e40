import { LogError } from '../port.ts';
import type { Client } from './client.ts';
import { channel, membersChanged } from './notices.ts';
import { buryDeadSessions } from './session.ts';
import type { KnownTopic } from './topics.ts';

export type Start = 'earliest' | 'latest';

/** Sets where a group starts in each partition where nothing is set yet. */
export const startGroup = async (client: Client, topic: number, group: string, at: Start): Promise<void> => {
  await client`
    insert into log.claims ("group", topic, partition, "offset")
    select ${group}, topic, partition, case when ${at} = 'latest' then next_offset else start_offset end
    from log.partitions where topic = ${topic}
    on conflict do nothing`;
};

/** A new member of a group, which starts where `from` says if nothing is set; undefined where the topic is gone. */
export const join = async (
  client: Client,
  { topic, group, from, session }: { topic: KnownTopic; group: string; from: Start; session: number },
): Promise<number | undefined> => {
  await startGroup(client, topic.id, group, from);
  const [member] = await client<{ id: number }[]>`
      insert into log.members (session, "group", topic)
      select ${session}, ${group}, id from log.topics where id = ${topic.id}
      returning id, case when exists (select from log.sessions where id <> ${session})
        then pg_notify(${channel}, ${membersChanged}) end`;
  return member?.id;
};

/** Ends a membership; what the member had claimed is free. */
export const leave = async (client: Client, member: number): Promise<void> => {
  await client`
    delete from log.members m where id = ${member}
    returning case when exists (select from log.sessions s where s.id <> m.session)
      then pg_notify(${channel}, ${membersChanged}) end`;
};

export const deleteGroup = async (client: Client, group: string): Promise<void> => {
  // This process's own too, if it has lost its connection: members that it could not take back are in it.
  await buryDeadSessions(client, undefined);
  const [{ living = false } = {}] = await client<{ living: boolean }[]>`
      with gone as (
        delete from log.claims where "group" = ${group} and not exists (select from log.members where "group" = ${group})
      )
      select exists (select from log.members where "group" = ${group}) as living`;
  if (living) throw new LogError('conflict', `group "${group}" has members`);
};

export const groups = async (client: Client): Promise<string[]> =>
  (
    await client<{ group: string }[]>`select distinct "group" collate "C" as group from log.claims order by 1`
  ).map(({ group }) => group);

export const committed = async (
  client: Client,
  topic: KnownTopic,
  group: string,
): Promise<(bigint | null)[]> => {
  const rows = await client<{ partition: number; offset: bigint }[]>`
      select partition, "offset" from log.claims where topic = ${topic.id} and "group" = ${group}`;
  const offsets = new Map(rows.map(({ partition, offset }) => [partition, offset]));
  return Array.from({ length: topic.partitions }, (_, partition) => offsets.get(partition) ?? null);
};
