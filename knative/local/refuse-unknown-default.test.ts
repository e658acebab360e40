import { expect, it } from 'vitest';
import { refuseUnknownDefault } from './refuse-unknown-default.ts';
import type { KubeObject } from './store/types.ts';

const service = (name: string, labels: Record<string, string> = {}) =>
  ({ metadata: { name, namespace: 'kagari', labels } }) as unknown as KubeObject;
const storeOf = (...services: KubeObject[]) => ({ list: () => services });
const hidden = { 'networking.knative.dev/visibility': 'cluster-local' };

it('takes a public Service, and names those that there are in place of any other', () => {
  const store = storeOf(service('gateway'), service('orders', hidden), service('shop'));
  expect(() => refuseUnknownDefault(store, 'shop')).not.toThrow();
  for (const name of ['typo', 'orders'])
    expect(() => refuseUnknownDefault(store, name)).toThrow(
      `--default-service ${name}: namespace kagari has no such public Service; name one of gateway, shop`,
    );
  expect(() => refuseUnknownDefault(storeOf(), 'gateway')).toThrow('make one with -f DIR');
});
