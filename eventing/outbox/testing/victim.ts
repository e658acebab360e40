/** A process of a function, for crash.test.ts to kill: told its database, its sink and what to do until then. */
import { publishMany, startProcess } from './harness.ts';

const [url = '', sink = '', task] = process.argv.slice(2);
const { outbox } = startProcess(url, new URL(sink));

if (task === 'publish and die') {
  await publishMany(outbox, 5);
  process.kill(process.pid, 'SIGKILL');
} else {
  for (;;) {
    const ids = await publishMany(outbox, 1 + Math.floor(Math.random() * 4));
    process.stdout.write(`${ids.join('\n')}\n`);
  }
}
