#!/usr/bin/env node
// npm run test:cluster: brings the platform to the lab's cluster, runs the acceptance suite and the cluster's own tests
// against it, and removes it. Exit code 0 only where all of it went well.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { cluster, inLab, objects } from './lab.ts';
import { findMissing } from './missing.ts';

const root = join(import.meta.dirname, '../..');
const vitest = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--config', 'vitest.cluster.config.ts'];

const run = async (
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<boolean> => {
  const child = spawn(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  const [code] = await once(child, 'exit');
  return code === 0;
};

const deploy = (...args: string[]) =>
  run(process.execPath, [
    ...[join(root, 'scripts/kagari.js'), 'deploy', '-c', 'current', '--overlay', 'lab', '--yes'],
    ...['--kubectl', `${cluster} exec -- kubectl`],
    ...args,
  ]);

/** What its test has of the target; the process must stand in the cluster's network. */
const onThePlatform = async (): Promise<boolean> => {
  const [gateway] = (await objects('ksvc')).filter(({ metadata }) => metadata.name === 'gateway');
  const [kourier] = (await objects('services', 'kourier-system')).filter(
    ({ metadata }) => metadata.name === 'kourier',
  );
  const target = {
    ACCEPTANCE_KUBECONFIG: (await inLab('printenv', 'KUBECONFIG')).trim(),
    ACCEPTANCE_INGRESS: `http://${kourier.spec.clusterIP}`,
    ACCEPTANCE_DOMAIN: new URL(gateway.status.url).hostname.replace('gateway.kagari.', ''),
  };
  const inside = ['exec', '--', process.execPath, ...vitest];
  return run(`${cluster}`, [...inside, '--project', 'acceptance', '--project', 'platform'], target);
};

const missing = await findMissing();
if (missing.length > 0) {
  for (const what of missing) console.error(`error: ${what}`);
  process.exit(1);
}
// Builds have no network: they find the packages where the host's npm keeps them.
const packages = execFileSync('npm', ['config', 'get', 'cache'], { encoding: 'utf8' }).trim();
const builder = `${cluster} image build --volume ${packages}:/root/.npm`;
const deployed = await deploy('--builder', builder, '--cleanup');
const passed = deployed && (await onThePlatform());
// It disturbs the platform, deploys it several times, and removes it.
const deploys = await run(process.execPath, [...vitest, '--project', 'deploy']);
process.exitCode = passed && deploys ? 0 : 1;
