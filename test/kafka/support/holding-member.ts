// A consumer in a process of its own whose handlers hold until a line comes in; tells its memory, then what it handled.
import { createKafkaLog } from '../../../eventing/log/kafka.ts';

const { brokers, topic, group } = JSON.parse(process.argv[2] ?? '') as Record<'topic' | 'group', string> & {
  brokers: string[];
};
const released = Promise.withResolvers<void>();
process.stdin.once('data', () => released.resolve());
const counts = { inHand: 0, mostInHand: 0, handled: 0 };
await createKafkaLog({ brokers }).subscribe({
  topic,
  group,
  from: 'earliest',
  async handle() {
    counts.inHand++;
    counts.mostInHand = Math.max(counts.mostInHand, counts.inHand);
    await released.promise;
    counts.inHand--;
    counts.handled++;
  },
});
setInterval(
  () => process.stdout.write(`${JSON.stringify({ ...counts, rss: process.memoryUsage.rss() })}\n`),
  100,
);
