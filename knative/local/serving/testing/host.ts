// A process that hosts a runtime with one pod and says so: what a test kills.
import { startDataPlane } from './data-plane.ts';
import { until } from './until.ts';

const plane = await startDataPlane({ home: process.argv[2] ?? '' });
const key = await plane.run('kept', {}, { proven: false });
await plane.state(key, ({ ready }) => ready === 1);
const say = () =>
  process.stdout.write(
    `${JSON.stringify({ pod: plane.revisions.pods()[0]?.pid, reaper: plane.reaper.pid })}\n`,
  );
const first = plane.reaper.pid;
say();
await until('the reaper has a successor', () => plane.reaper.pid !== first);
say();
