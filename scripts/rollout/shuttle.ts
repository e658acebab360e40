/**
 * Promotes and rolls back again and again under load, and counts the requests that failed: the move itself must fail none.
 * On a running platform with a public Service of its own and two images of it that never fail.
 *
 *   node scripts/rollout/shuttle.ts SERVICE --images REFERENCE,REFERENCE [--home .kagari] [--port 8080] [--runs 20] [--rate 100]
 */
import { spawn } from 'node:child_process';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    images: { type: 'string', default: '' },
    home: { type: 'string', default: '.kagari' },
    port: { type: 'string', default: '8080' },
    runs: { type: 'string', default: '20' },
    rate: { type: 'string', default: '100' },
  },
});
const [name = ''] = positionals;
const images = values.images.split(',');

const agent = new Agent({ keepAlive: true });
const failures: string[] = [];
let sent = 0;

const ask = (): void => {
  sent++;
  const asking = request(
    { host: '127.0.0.1', port: values.port, agent, headers: { host: `${name}.kagari.localhost` } },
    (response) => {
      if (response.statusCode !== 200) failures.push(`${response.statusCode}`);
      response.resume();
    },
  );
  asking.on('error', (error) => failures.push(error.message));
  asking.end();
};

const kagari = (...args: string[]): Promise<number | null> =>
  new Promise((resolve) => {
    const program = join(import.meta.dirname, '../kagari.js');
    const child = spawn(process.execPath, [program, ...args, '--home', values.home], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    child.on('close', resolve);
  });

const began = performance.now();
const pace = setInterval(() => {
  const due = ((performance.now() - began) * Number(values.rate)) / 1000;
  while (sent < due) ask();
}, 5);

for (let run = 1; run <= Number(values.runs); run++) {
  const image = images[run % images.length] ?? '';
  const quickly = ['--steps', '50', '--interval', '1s', '--min-requests', '50', '--json'];
  const promoted = await kagari('rollout', name, '--image', image, ...quickly);
  const back = await kagari('rollback', name, '--json');
  console.log(
    `${run}: rollout ended with ${promoted}, rollback with ${back}; ${failures.length} of ${sent} requests failed`,
  );
  if (promoted !== 0 || back !== 0) process.exitCode = 1;
}
clearInterval(pace);
if (failures.length > 0) {
  console.log([...new Set(failures)].join(', '));
  process.exitCode = 1;
}
agent.destroy();
