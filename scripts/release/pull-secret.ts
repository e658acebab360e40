#!/usr/bin/env node
// node scripts/release/pull-secret.ts --images ghcr.io/you/shop | kubectl apply --server-side -f -
// For a registry that asks who pulls: the Secret `registry`, of REGISTRY_USERNAME and REGISTRY_PASSWORD, on the service
// account that all pods run as. Knative resolves tags with it, too.
import { parseArgs } from 'node:util';
import { namespace } from '../../knative/local/secrets/kept.ts';
import type { Credentials } from './registry.ts';

export const pullSecret = (images: string, { username, password }: Credentials) => {
  const [host = ''] = images.split('/');
  const metadata = (name: string) => ({ name, namespace });
  return {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: metadata('registry'),
        type: 'kubernetes.io/dockerconfigjson',
        stringData: { '.dockerconfigjson': JSON.stringify({ auths: { [host]: { username, password } } }) },
      },
      {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: metadata('default'),
        imagePullSecrets: [{ name: 'registry' }],
      },
    ],
  };
};

if (import.meta.main) {
  const { images = '' } = parseArgs({ options: { images: { type: 'string' } } }).values;
  const { REGISTRY_USERNAME: username = '', REGISTRY_PASSWORD: password = '' } = process.env;
  process.stdout.write(JSON.stringify(pullSecret(images, { username, password })));
}
