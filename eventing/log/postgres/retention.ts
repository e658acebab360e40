import type { Client } from './client.ts';

const atOnce = 5_000;

/** Moves the start of every partition past what is older than its topic's retention; answers how many records went. */
export const applyRetention = async (client: Client, now: Date): Promise<number> => {
  const moved = await client<{ topic: number; partition: number; start: bigint; gone: bigint }[]>`
      with kept as (
        select p.topic, p.partition, p.start_offset as before, coalesce((
          -- In order from the start: it passes only what goes.
          select r."offset" from log.records r
          where r.topic = p.topic and r.partition = p.partition and r."offset" >= p.start_offset
            and r.at >= ${now} - t.retention_ms * interval '1 ms'
          order by r."offset" limit 1
        ), p.next_offset) as start
        from log.partitions p join log.topics t on t.id = p.topic
        where t.retention_ms is not null
      )
      update log.partitions p set start_offset = kept.start from kept
      where p.topic = kept.topic and p.partition = kept.partition and kept.start > p.start_offset
      returning p.topic, p.partition, kept.start, kept.start - kept.before as gone`;
  for (const { topic, partition, start } of moved) await removeRecords(client, topic, partition, start);
  await removeOrphans(client);
  return Number(moved.reduce((sum, { gone }) => sum + gone, 0n));
};

/** Removes the records of a topic that is gone. */
export const removeTopicRecords = async (client: Client, topic: number): Promise<void> => {
  for (let count = atOnce; count === atOnce; ) {
    const gone = await client`
      delete from log.records where ctid = any (array(select ctid from log.records where topic = ${topic} limit ${atOnce}))`;
    count = gone.count;
  }
};

/** A few at a time: readers and writers of the same connection and table go on in between. */
const removeRecords = async (
  client: Client,
  topic: number,
  partition: number,
  start: bigint,
): Promise<void> => {
  for (let count = atOnce; count === atOnce; ) {
    const gone = await client`
      delete from log.records where ctid = any (array(
        select ctid from log.records where topic = ${topic} and partition = ${partition} and "offset" < ${start}
        order by "offset" limit ${atOnce}
      ))`;
    count = gone.count;
  }
};

/** Records of topics whose deletion was cut short. */
const removeOrphans = async (client: Client): Promise<void> => {
  const orphans = await client<{ topic: number }[]>`
      with recursive stored as (
        (select topic from log.records order by topic limit 1)
        union all
        select (select r.topic from log.records r where r.topic > stored.topic order by r.topic limit 1)
        from stored where stored.topic is not null
      )
      select topic from stored where topic is not null and topic not in (select id from log.topics)`;
  for (const { topic } of orphans) await removeTopicRecords(client, topic);
};
