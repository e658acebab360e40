// From zero to the first answer: a request through the ingress against the function's process by itself, in turns.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildFunctions } from '../../knative/local/images/build.ts';
import { createImageStore } from '../../knative/local/images/store.ts';
import { podCommand } from '../../knative/local/serving/pods/command.ts';
import { podEnvironment } from '../../knative/local/serving/pods/environment.ts';
import { createPorts } from '../../knative/local/serving/pods/ports.ts';
import { startDataPlane } from '../../knative/local/serving/testing/data-plane.ts';

const runs = Number(process.argv[2] ?? 30);

const plane = await startDataPlane();
const images = createImageStore(plane.home);
const root = new URL('../..', import.meta.url).pathname;
const [hello] = await buildFunctions({
  root,
  home: plane.home,
  images,
  version: 'bench',
  functions: ['hello'],
});
const image = await images.open(hello?.digest ?? '');
if (!image) throw new Error('hello was not built');
const ports = createPorts();
const agent = new Agent();

/** A request from zero, on a revision of its own that has the image and its compile cache. */
const throughIngress = async (run: number): Promise<number> => {
  const name = `hello-${run}`;
  const key = await plane.run(name, { imageDigest: image.digest });
  const began = performance.now();
  const { status } = await plane.call(name, '/');
  const took = performance.now() - began;
  if (status !== 200) throw new Error(`the answer was ${status}`);
  // It writes its compile cache a second after its start, which the next one is to find.
  if (run < warmUps) await sleep(1_200);
  plane.table.remove(`test/${name}`);
  await plane.revisions.remove(key);
  return took;
};

/** The same process with the same settings, started and asked by nobody but us. */
const byItself = async (): Promise<number> => {
  const folder = join(plane.home, 'alone');
  const place = { tmp: join(folder, 'tmp'), volumes: join(folder, 'volumes'), proxy: plane.internal };
  const cache = join(plane.home, 'cache', image.digest.replace(':', '-'));
  await mkdir(place.tmp, { recursive: true });
  const port = await ports.take();
  const spec = { name: 'hello-00001', service: 'hello', configuration: 'hello' } as Parameters<
    typeof podCommand
  >[0];
  const { file, args } = podCommand(spec, image, { ...place, cache });
  const env = podEnvironment(
    spec,
    image.config.env,
    { env: {}, volumes: [] },
    { ...place, cache, port },
    undefined,
  );
  const began = performance.now();
  const child = spawn(file, args, { cwd: image.folder, env, stdio: 'ignore' });
  while (!(await answers(port))) await sleep(1);
  const took = performance.now() - began;
  child.kill('SIGKILL');
  await once(child, 'exit');
  ports.release(port);
  return took;
};

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    get({ port, host: '127.0.0.1', path: '/', agent }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode === 200));
    }).on('error', () => resolve(false));
  });

const warmUps = 2;
const through: number[] = [];
const alone: number[] = [];
for (let run = 0; run < runs + warmUps; run++) {
  const times = [await throughIngress(run), await byItself()] as const;
  if (run < warmUps) continue;
  through.push(times[0]);
  alone.push(times[1]);
}
ports.close();
await plane.stop();

const row = (times: readonly number[]) => {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number) => Math.round(sorted[Math.floor(sorted.length * part)] ?? Number.NaN);
  return { 'least ms': at(0), 'p50 ms': at(0.5), 'p90 ms': at(0.9) };
};
console.table({
  'request from zero, through the ingress': row(through),
  'the process by itself': row(alone),
  'what the runtime adds': row(through.map((time, run) => time - (alone[run] ?? 0))),
});
