#!/usr/bin/env node
// npm run test:kind [-- --logs DIR]: makes a cluster by kind, installs Knative with the commands that kagari deploy names,
// brings the platform to it, runs the acceptance suite against it, and removes it. Needs Linux, Docker, kind and kubectl.
// The kubeconfig of whoever calls it is left alone. After a failure DIR has the cluster's logs.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { install } from '../../scripts/deploy/missing.ts';

const { logs } = parseArgs({ options: { logs: { type: 'string' } } }).values;
const root = join(import.meta.dirname, '../..');
const name = 'kagari-acceptance';
const folder = await mkdtemp(join(tmpdir(), 'kagari-kind-'));
const kubeconfig = join(folder, 'kubeconfig');

const run = async (command: string, args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<void> => {
  const env = { ...process.env, KUBECONFIG: kubeconfig, ...more };
  const child = spawn(command, args, { cwd: root, stdio: 'inherit', env });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}`);
};

const ask = async (...args: string[]): Promise<string> =>
  (await promisify(execFile)('kubectl', ['--kubeconfig', kubeconfig, ...args])).stdout.trim();

const installKnative = async (): Promise<void> => {
  const { serving, kourier, eventing, channelBroker } = install;
  for (const command of [serving, kourier, eventing, channelBroker].flatMap((all) => all.split(' && '))) {
    console.log(command);
    await run('sh', ['-ec', command]);
    // What comes next needs its kinds and its webhooks.
    await run('kubectl', ['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
    await run('kubectl', [
      'wait',
      '--for=condition=Available',
      'deployment',
      '--all',
      '-A',
      '--timeout=300s',
    ]);
  }
  // Without a domain of its own every Service is for pods only.
  const domain = JSON.stringify({ data: { '127.0.0.1.sslip.io': '' } });
  await run('kubectl', [
    'patch',
    'configmap/config-domain',
    '-n',
    'knative-serving',
    '--type',
    'merge',
    '-p',
    domain,
  ]);
};

/** As a process of this machine reaches it: at the node's address, by the port that Kourier has on every node. */
const targetOf = async () => {
  const address = '{.items[0].status.addresses[?(@.type=="InternalIP")].address}';
  const [node, port, url] = await Promise.all([
    ask('get', 'nodes', '-o', `jsonpath=${address}`),
    ask(
      'get',
      'service',
      'kourier',
      '-n',
      'kourier-system',
      '-o',
      'jsonpath={.spec.ports[?(@.port==80)].nodePort}',
    ),
    ask('get', 'ksvc', 'gateway', '-n', 'kagari', '-o', 'jsonpath={.status.url}'),
  ]);
  return {
    ACCEPTANCE_KUBECONFIG: kubeconfig,
    ACCEPTANCE_INGRESS: `http://${node}:${port}`,
    ACCEPTANCE_DOMAIN: new URL(url).hostname.replace('gateway.kagari.', ''),
  };
};

try {
  await run('kind', ['create', 'cluster', '--name', name, '--wait', '180s']);
  await installKnative();
  await run(process.execPath, ['scripts/kagari.js', 'deploy', '-c', 'kind', '--timeout', '600']);
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'vitest.cluster.config.ts'];
  await run(process.execPath, [...vitest, '--project', 'acceptance'], await targetOf());
} catch (error) {
  console.error(`error: ${(error as Error).message}`);
  process.exitCode = 1;
  if (logs !== undefined) await run('kind', ['export', 'logs', logs, '--name', name]).catch(console.error);
} finally {
  await run('kind', ['delete', 'cluster', '--name', name]).catch(console.error);
  await rm(folder, { recursive: true, force: true });
}
