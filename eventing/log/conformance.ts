import { afterEach, beforeAll, describe } from 'vitest';
import { describeAppending } from './conformance/appending.ts';
import { describeGroups } from './conformance/groups.ts';
import { createHarness, type LogUnderTest, type Timings } from './conformance/harness.ts';
import { describeKeeping } from './conformance/keeping.ts';
import { describeMembers } from './conformance/members.ts';
import { describeSeveralTopics } from './conformance/several-topics.ts';

export type { LogUnderTest, Timings };

/**
 * What every driver of the event log keeps (docs/invariants/log.md, 1 to 21), through the port only. `makeLog` is
 * called once: an empty log, or one whose other topics and groups do not matter.
 */
export const describeEventLog = (
  name: string,
  makeLog: () => Promise<LogUnderTest>,
  { patienceMs = 10_000, settleMs = 200 }: Partial<Timings> = {},
): void => {
  const harness = createHarness({ patienceMs, settleMs });
  describe(`event log: ${name}`, { timeout: 6 * patienceMs }, () => {
    beforeAll(async () => {
      const log = await makeLog();
      harness.use(log);
      return () => log.end();
    });
    afterEach(() => harness.cleanUp());
    describeAppending(harness);
    describeGroups(harness);
    describeMembers(harness);
    describeSeveralTopics(harness);
    describeKeeping(harness);
  });
};
