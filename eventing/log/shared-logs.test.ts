import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createKafkaLog } from './kafka.ts';
import type { EventLog } from './port.ts';
import { type SharedLog, shareLogs } from './shared-logs.ts';

const steps = fc.array(
  fc.oneof(
    fc.record({
      do: fc.constant('take' as const),
      servers: fc.shuffledSubarray(['a:1', 'b:2'], { minLength: 1 }),
    }),
    fc.record({ do: fc.constant('giveBack' as const), which: fc.nat() }),
  ),
  { maxLength: 60 },
);

test('there is one log a set of servers while somebody uses it, and none when nobody does', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (run) => {
      const open = new Map<EventLog, string>();
      const share = shareLogs(async (servers) => {
        const log = createKafkaLog({ brokers: servers });
        const { close } = log;
        open.set(log, [...servers].sort().join());
        log.close = async () => {
          open.delete(log);
          await close();
        };
        return log;
      });
      const inUse: { key: string; shared: SharedLog }[] = [];
      for (const step of run) {
        if (step.do === 'take') {
          // Two at once.
          for (const shared of await Promise.all([share(step.servers), share(step.servers)]))
            inUse.push({ key: [...step.servers].sort().join(), shared });
        } else {
          const [one] = inUse.splice(step.which % Math.max(inUse.length, 1), 1);
          await one?.shared.giveBack();
        }
        expect([...open.values()].sort()).toEqual([...new Set(inUse.map(({ key }) => key))].sort());
        for (const { key, shared } of inUse) expect(open.get(shared.log)).toBe(key);
      }
    }),
  );
});
