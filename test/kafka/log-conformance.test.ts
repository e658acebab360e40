import { describeEventLog } from '../../eventing/log/conformance.ts';
import { startKafka } from './support/kafka.ts';

for (const count of [1, 3] as const)
  describeEventLog(
    count === 1 ? 'kafka, one broker' : 'kafka, three brokers',
    async () => {
      const { brokers, end } = await startKafka(count);
      return {
        module: new URL('../../eventing/log/kafka.ts', import.meta.url),
        create: 'createKafkaLog',
        // The shortest session that brokers grant: some tests wait for it to run out.
        options: { brokers, sessionMs: 6_000, heartbeatMs: 300 },
        end,
      };
    },
    { patienceMs: 40_000, settleMs: 500 },
  );
