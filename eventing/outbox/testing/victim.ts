/** A process of a function that dies by kill -9: run by crash.test.ts with url, sink and the moment of its death. */
import { publishMany, startProcess } from './harness.ts';

const [url = '', sink = '', moment] = process.argv.slice(2);
const { outbox } = startProcess(url, new URL(sink));
const die = () => process.kill(process.pid, 'SIGKILL');
const tell = (ids: string[]) => process.stdout.write(`${ids.join('\n')}\n`);

if (moment === 'before the commit') {
  await outbox.transaction(async (tx, publish, resend) => {
    await resend({ specversion: '1.0', id: 'never', source: '/orders', type: 'never' });
    await tx.execute('select 1');
    die();
    await new Promise(() => {});
  });
} else if (moment === 'after the commit') {
  await publishMany(outbox, 5);
  die();
} else {
  for (;;) tell(await publishMany(outbox, 1 + Math.floor(Math.random() * 4)));
}
