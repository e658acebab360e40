import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { createKafkaLog } from '../../../eventing/log/kafka.ts';
import { waitUntil } from '../../support/platform.ts';
import type { Kafka } from '../support/kafka.ts';

export interface KeyedEvent {
  key: string;
  /** From 0 on, without a gap, in the order of the key's appends. */
  seq: number;
}

export interface EffectsMember {
  brokers: string[];
  topic: string;
  group: string;
  databaseUrl: string;
}

export interface Effects {
  events: number;
  /** Receipts of handlers: each event once. */
  effects: number;
  /** Keys whose effects are not 0, 1, 2 … in this order. */
  disordered: string[];
  /** Batches that were appended again. */
  repeated: number;
  /** Records in the log beyond one an event. */
  doubled: number;
}

const partitions = 12;
const producers = 16;
const patienceMs = 600_000;
const failoverMs = 40_000;

/**
 * Appends `events` in the order of their keys while one of three brokers is killed with -9 and comes back, and one of
 * two consumers is killed with -9 and another takes its place; then what became of them. `databaseUrl` is of a migrated
 * database of its own.
 */
export const countEffects = async (
  kafka: Kafka,
  { events, keys, databaseUrl }: { events: number; keys: number; databaseUrl: string },
): Promise<Effects> => {
  const { brokers } = kafka;
  const log = createKafkaLog({ brokers });
  const topic = `keyed-${randomUUID()}`;
  const group = `${topic}-effects`;
  const sql = postgres(databaseUrl, { max: 2, onnotice: () => {} });
  const members: ChildProcess[] = [];
  const join = async () => {
    members.push(await startMember({ brokers, topic, group, databaseUrl }));
  };
  const effects = async () => Number((await sql`select count(*) as n from effects`)[0]?.n);
  try {
    await sql`create table effects (n bigserial primary key, key text not null, seq int not null)`;
    await log.createTopic(topic, { partitions });
    await log.startGroup(topic, group, 'earliest');
    await Promise.all([join(), join()]);

    const seqs = events / keys;
    let appended = 0;
    let repeated = 0;
    const appending = Promise.all(
      Array.from({ length: producers }, async (_, p) => {
        const mine = Array.from({ length: keys }, (_, k) => `key-${k}`).filter((_, k) => k % producers === p);
        for (let seq = 0; seq < seqs; seq++) {
          const records = mine.map((key) => ({ key, value: Buffer.from(JSON.stringify({ key, seq })) }));
          // The next ones only when these are there: a key's order is its producer's.
          while (
            !(await log.append(topic, records).then(
              () => true,
              () => false,
            ))
          )
            repeated++;
          appended += mine.length;
        }
      }),
    );
    const reach = (part: number) =>
      waitUntil(`${part} of all appends`, patienceMs, () => appended >= events * part);
    await reach(0.2);
    const victim = 1 + Math.floor(Math.random() * 3);
    await kafka.kill(victim);
    // Where the others had fallen behind, its partitions wait for it.
    await waitUntil('more appends without it', failoverMs, () => appended >= events * 0.4).catch(
      () => undefined,
    );
    members[0]?.kill('SIGKILL');
    await Promise.all([kafka.start(victim), join()]);
    await appending;
    await waitUntil('all effects', patienceMs, async () => (await effects()) >= events);

    const ends = (await log.offsets(topic)).map(({ end }) => end);
    await waitUntil('the end to be committed', patienceMs, async () =>
      (await log.committed(topic, group)).every((offset, partition) => offset === ends[partition]),
    );
    const disordered = await sql<{ key: string }[]>`
      select key from (select key, array_agg(seq order by n) as seqs from effects group by key) ordered
      where seqs <> (select array_agg(s) from generate_series(0, ${seqs - 1}::int) s)`;
    return {
      events,
      effects: await effects(),
      disordered: disordered.map(({ key }) => key),
      repeated,
      doubled: Number(ends.reduce((sum, end) => sum + end, 0n)) - events,
    };
  } finally {
    await Promise.all(members.map(end));
    await log.close();
    await sql.end({ timeout: 5 });
  }
};

const startMember = async (member: EffectsMember): Promise<ChildProcess> => {
  const script = fileURLToPath(new URL('./effects-member.ts', import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify(member)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {},
  });
  let said = '';
  child.stdout.on('data', (chunk) => (said += chunk));
  await waitUntil('a consumer to read', 60_000, () => {
    if (child.exitCode !== null) throw new Error(`the consumer's process ended with ${child.exitCode}`);
    return said.includes('reading');
  });
  return child;
};

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
};
