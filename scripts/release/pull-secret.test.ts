import { expect, it } from 'vitest';
import { pullSecret } from './pull-secret.ts';

it('a login to a registry becomes a Secret, and the service account of all pods pulls with it', () => {
  const { items } = pullSecret('ghcr.io/you/shop', { username: 'robot', password: 'of-a-test' });
  const [, secret, account] = items;
  expect(JSON.parse(secret?.stringData?.['.dockerconfigjson'] ?? '')).toEqual({
    auths: { 'ghcr.io': { username: 'robot', password: 'of-a-test' } },
  });
  expect(account).toMatchObject({ kind: 'ServiceAccount', imagePullSecrets: [{ name: 'registry' }] });
  expect(new Set(items.map(({ apiVersion }) => apiVersion))).toEqual(new Set(['v1']));
});
