// A consumer in a process of its own: each event has one effect, in one transaction with its receipt.
import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { createKafkaLog } from '../../../eventing/log/kafka.ts';
import { createInbox } from '../../../eventing/outbox/inbox.ts';
import type { EffectsMember, KeyedEvent } from './keyed-events.ts';

const { brokers, topic, group, databaseUrl } = JSON.parse(process.argv[2] ?? '') as EffectsMember;
const inbox = createInbox(postgres(databaseUrl, { max: 8, onnotice: () => {} }));
await createKafkaLog({ brokers, sessionMs: 6_000, heartbeatMs: 500 }).subscribe({
  topic,
  group,
  from: 'earliest',
  maxInFlight: 1,
  async handle({ value }) {
    const { key, seq } = JSON.parse(Buffer.from(value).toString()) as KeyedEvent;
    const event = { id: `${key}:${seq}`, source: `/${topic}`, type: 'dev.kagari.chaos.v1' };
    await inbox.receive({ consumer: group, event }, async (tx) => {
      await tx.execute(sql`insert into effects (key, seq) values (${key}, ${seq})`);
    });
  },
});
process.stdout.write('reading\n');
