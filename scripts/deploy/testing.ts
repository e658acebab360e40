import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { KubeObject } from '../../knative/local/store/types.ts';

const script = join(import.meta.dirname, '../kagari.js');

export interface Outcome {
  code: number | null;
  out: string;
  err: string;
}

/** `kagari deploy` as a process of its own, without a terminal. */
export const startDeploy = (args: readonly string[], env: Record<string, string | undefined> = {}) => {
  const child = spawn(process.execPath, [script, 'deploy', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: tmpdir(), ...env },
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    said.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said.err += chunk;
  });
  const ended = new Promise<Outcome>((resolve) => child.on('close', (code) => resolve({ code, ...said })));
  return { pid: child.pid ?? 0, said, ended, kill: (signal: NodeJS.Signals) => child.kill(signal) };
};

/** A folder that is removed at the end, and what is written into it. */
export const openFolder = async () => {
  const path = await mkdtemp(join(tmpdir(), 'kagari deploy '));
  return {
    path,
    write: async (name: string, content: string, mode = 0o600): Promise<string> => {
      await writeFile(join(path, name), content, { mode });
      return join(path, name);
    },
    remove: () => rm(path, { recursive: true, force: true }),
  };
};

/** A kubeconfig with one context, `there`. */
export const kubeconfigFor = (
  server: string,
  { token = 'no-token', current = 'there', ca = '' } = {},
): string =>
  stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'there',
        cluster: {
          server,
          ...(ca && { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
        },
      },
    ],
    users: [{ name: 'me', user: { token } }],
    contexts: [{ name: 'there', context: { cluster: 'there', user: 'me' } }],
    'current-context': current,
  });

/** An object as an API server answers it. */
export const standing = (
  apiVersion: string,
  kind: string,
  name: string,
  fields: { metadata?: object; spec?: object; status?: object } = {},
): KubeObject => ({
  apiVersion,
  kind,
  ...fields,
  metadata: {
    name,
    namespace: 'kagari',
    uid: name,
    resourceVersion: '1',
    creationTimestamp: '2026-01-01T00:00:00Z',
    ...fields.metadata,
  },
});
