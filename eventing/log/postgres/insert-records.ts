import type { NewRecord } from '../port.ts';
import type { Client } from './client.ts';
import { channel } from './notices.ts';
import type { KnownTopic } from './topics.ts';

export interface NewRow {
  topic: KnownTopic;
  partition: number;
  record: NewRecord;
}

/** The first offset that a partition's new records got, and their time. */
export interface Taken {
  topic: number;
  partition: number;
  base: bigint;
  at: Date;
}

/** One statement, whole or not at all: takes offsets under the partitions' locks and stores the rows in their order. */
export const insertRecords = (
  client: Client,
  rows: NewRow[],
  session: number | undefined,
): Promise<Taken[]> => {
  const array = client.array;
  return client<Taken[]>`
    with input as (
      select * from unnest(
        ${array.int4(rows.map(({ topic }) => topic.id))}::int[],
        ${array.int4(rows.map(({ partition }) => partition))}::int[],
        ${array.bytea(rows.map(({ record }) => (record.key == null ? null : Buffer.from(record.key))))}::bytea[],
        ${array.text(rows.map(({ record }) => JSON.stringify(record.headers ?? {})))}::text[],
        ${array.bytea(rows.map(({ record }) => record.value))}::bytea[]
      ) with ordinality as row (topic, partition, key, headers, value, n)
    ),
    counts as (select topic, partition, count(*) as many from input group by topic, partition),
    -- In one order for all writers: two that lock each other's partitions would wait for ever.
    locked as (
      select topic, partition from log.partitions join counts using (topic, partition)
      order by topic, partition for update of partitions
    ),
    taken as (
      update log.partitions p set next_offset = p.next_offset + counts.many
      from locked join counts using (topic, partition)
      where p.topic = locked.topic and p.partition = locked.partition
      returning p.topic, p.partition, p.next_offset - counts.many as base, p.next_offset
    ),
    stored as (
      insert into log.records (topic, partition, "offset", at, key, headers, value)
      select topic, partition, taken.base + row_number() over (partition by topic, partition order by n) - 1,
        date_trunc('milliseconds', now()), key, headers::json, value
      from input join taken using (topic, partition)
    )
    select topic, partition, base, date_trunc('milliseconds', now()) as at,
      case when exists (
        select from log.members m where m.topic = taken.topic and m.session is distinct from ${session ?? null}::int
      ) then pg_notify(${channel}, format('%s:%s:%s', topic, partition, next_offset)) end
    from taken`;
};
