import { LogError, type Topic, type TopicOptions } from '../port.ts';
import { checkTopicName, unknownTopic } from '../rules.ts';
import type { Client } from './client.ts';

export interface KnownTopic extends Topic {
  id: number;
}

export interface Topics {
  create(name: string, options: TopicOptions): Promise<void>;
  /** Answers the id of the topic that went, if there was one. */
  remove(name: string): Promise<number | undefined>;
  list(): Promise<Topic[]>;
  /** As it stands now. Throws LogError. */
  get(name: string): Promise<KnownTopic>;
  /** Those of `names` that exist, as remembered or asked for over `client`. */
  find(client: Client, names: Iterable<string>): Promise<Map<string, KnownTopic>>;
  forget(name: string): void;
}

/** Topics by name. An id is never used twice: what is remembered of a deleted topic finds nothing, and is forgotten. */
export const createTopics = (desk: Client): Topics => {
  const known = new Map<string, KnownTopic>();

  const find: Topics['find'] = async (client, names) => {
    const missing = [...new Set(names)].filter((name) => !known.has(name));
    if (missing.length > 0) {
      const rows = await client<
        KnownTopic[]
      >`select id, name, partitions from log.topics where name = any(${client.array.text(missing)})`;
      for (const { id, name, partitions } of rows) known.set(name, { id, name, partitions });
    }
    return new Map([...names].flatMap((name) => known.get(name) ?? []).map((topic) => [topic.name, topic]));
  };

  return {
    find,
    forget: (name) => known.delete(name),

    async get(name) {
      checkTopicName(name);
      known.delete(name);
      const topic = (await find(desk, [name])).get(name);
      if (!topic) throw unknownTopic(name);
      return topic;
    },

    async create(name, { partitions, retentionMs }) {
      checkTopicName(name);
      if (!Number.isInteger(partitions) || partitions < 1)
        throw new RangeError(`a topic has 1 partition or more, not ${partitions}`);
      await desk`
        with made as (
          insert into log.topics (name, partitions, retention_ms) values (${name}, ${partitions}, ${retentionMs ?? null})
          on conflict (name) do nothing
          returning id, partitions
        )
        insert into log.partitions (topic, partition) select id, generate_series(0, partitions - 1) from made`;
      known.delete(name);
      const standing = (await find(desk, [name])).get(name);
      if (standing && standing.partitions !== partitions)
        throw new LogError(
          'conflict',
          `topic "${name}" stands with ${standing.partitions} partitions, not ${partitions}`,
        );
    },

    async remove(name) {
      known.delete(name);
      const [gone] = await desk<{ id: number }[]>`delete from log.topics where name = ${name} returning id`;
      return gone?.id;
    },

    list: async () =>
      (await desk<Topic[]>`select name, partitions from log.topics order by name collate "C"`).map(
        ({ name, partitions }) => ({ name, partitions }),
      ),
  };
};
