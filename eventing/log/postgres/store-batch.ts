import { partitionOf } from '../partitioner.ts';
import type { LogError, LogRecord, Position } from '../port.ts';
import { unknownTopic } from '../rules.ts';
import type { Append } from './appender.ts';
import type { Client } from './client.ts';
import { insertRecords, type NewRow } from './insert-records.ts';
import type { KnownTopic, Topics } from './topics.ts';

interface Deps {
  client: Client;
  topics: Topics;
  /** The session of this process, if it reads: its own members are told directly, without NOTIFY. */
  session(): number | undefined;
  /** Called once a partition's records are durable, in order of offset. */
  onStored(topic: KnownTopic, partition: number, records: LogRecord[]): void;
}

interface Row extends NewRow {
  append: Append;
}

interface Run {
  topic: KnownTopic;
  partition: number;
  base: bigint;
  at: Date;
  records: LogRecord[];
}

/** Stores a batch of appends as one statement; answers each append's places, or that its topic does not exist. */
export const createBatchStore = ({ client, topics, session, onStored }: Deps) => {
  let turn = 0;

  const rowsOf = (append: Append, topic: KnownTopic): Row[] =>
    append.records.map((record) => ({
      append,
      topic,
      record,
      partition: record.key == null ? turn++ % topic.partitions : partitionOf(record.key, topic.partitions),
    }));

  /** Places by append; one whose topic is gone has none. */
  const store = async (rows: Row[]): Promise<Map<Append, Position[]>> => {
    const runs = new Map<string, Run>();
    if (rows.length > 0) {
      const taken = await insertRecords(client, rows, session());
      const topicOf = new Map(rows.map(({ topic }) => [topic.id, topic]));
      for (const { topic, partition, base, at } of taken)
        runs.set(`${topic}:${partition}`, {
          topic: topicOf.get(topic) as KnownTopic,
          partition,
          base,
          at,
          records: [],
        });
    }
    const places = new Map<Append, Position[]>();
    const gone = new Set<Append>();
    for (const row of rows) {
      const run = runs.get(`${row.topic.id}:${row.partition}`);
      if (!run) gone.add(row.append);
      else listOf(places, row.append).push(add(run, row));
    }
    for (const append of gone) places.delete(append);
    for (const { topic, partition, records } of runs.values()) onStored(topic, partition, records);
    return places;
  };

  return async (batch: readonly Append[]): Promise<(Position[] | LogError)[]> => {
    const places = new Map<Append, Position[]>();
    let left = batch;
    // Once more for those whose topic was remembered but is gone: one of that name may have been made since.
    for (let round = 0; round < 2 && left.length > 0; round++) {
      const known = await topics.find(client, new Set(left.map(({ topic }) => topic)));
      const there = left.filter(({ topic }) => known.has(topic));
      const stored = await store(
        there.flatMap((append) => rowsOf(append, known.get(append.topic) as KnownTopic)),
      );
      for (const append of there)
        if (append.records.length === 0) places.set(append, []);
        else if (stored.has(append)) places.set(append, stored.get(append) as Position[]);
      left = there.filter((append) => !places.has(append));
      for (const { topic } of left) topics.forget(topic);
    }
    return batch.map((append) => places.get(append) ?? unknownTopic(append.topic));
  };
};

const add = (run: Run, { record }: Row): Position => {
  const position = { partition: run.partition, offset: run.base + BigInt(run.records.length) };
  run.records.push({
    ...position,
    topic: run.topic.name,
    key: record.key ?? null,
    value: record.value,
    headers: record.headers ?? {},
    timestamp: run.at,
  });
  return position;
};

const listOf = (places: Map<Append, Position[]>, append: Append): Position[] => {
  const list = places.get(append) ?? [];
  places.set(append, list);
  return list;
};
