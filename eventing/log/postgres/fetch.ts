import type { LogRecord } from '../port.ts';
import type { Client } from './client.ts';
import type { KnownTopic } from './topics.ts';

export interface Want {
  partition: number;
  from: bigint;
  limit: number;
  /** The first record comes whatever its size; the next only as far as this. */
  bytes: number;
}

interface Row {
  partition: number;
  offset: bigint;
  at: Date;
  key: Buffer | null;
  headers: Record<string, string>;
  value: Buffer;
}

/** The next records of several partitions in one statement, in order within each. */
export const fetchRecords = async (
  client: Client,
  topic: KnownTopic,
  wants: Want[],
): Promise<LogRecord[]> => {
  const array = client.array;
  const rows = await client<Row[]>`
      select r.partition, r."offset", r.at, r.key, r.headers, r.value
      from unnest(
        ${array.int4(wants.map(({ partition }) => partition))}::int[],
        ${array.int8(wants.map(({ from }) => from))}::bigint[],
        ${array.int4(wants.map(({ limit }) => limit))}::int[],
        ${array.int8(wants.map(({ bytes }) => BigInt(Math.max(1, Math.floor(bytes)))))}::bigint[]
      ) with ordinality as want (partition, start, most, bytes, n)
      cross join lateral (
        select next.*, sum(octet_length(next.value)) over (order by next."offset") - octet_length(next.value) as before
        from (
          select * from log.records
          where topic = ${topic.id} and partition = want.partition and "offset" >= want.start
          order by "offset" limit want.most
        ) next
      ) r
      where r.before < want.bytes
      order by want.n, r."offset"`;
  return rows.map(({ partition, offset, at, key, headers, value }) => ({
    topic: topic.name,
    partition,
    offset,
    key: key === null ? null : key.toString('utf8'),
    value,
    headers,
    timestamp: at,
  }));
};
