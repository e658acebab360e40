import { describe, expect, it } from 'vitest';
import { callerNotice } from './kourier.ts';
import type { Kubectl } from './kubectl.ts';
import { install } from './missing.ts';
import { standing } from './testing.ts';

type Data = Record<string, string>;

/** A cluster with these ConfigMaps in knative-serving. */
const kubectlOf = (configs: Record<string, Data>): Kubectl => ({
  words: 'kubectl --context there',
  run: async () => '',
  list: async (_, where = []) =>
    Object.entries(configs)
      .filter(([name]) => where.includes(`metadata.name=${name}`))
      .map(([name, data]) => ({ ...standing('v1', 'ConfigMap', name), data })),
  apply: async () => {},
});
const notice = (kourier: Data, network: Data = {}) =>
  callerNotice(kubectlOf({ 'config-kourier': kourier, 'config-network': network }));

describe('Kourier that passes on what callers say of their address', () => {
  it.each([[{}], [{ 'use-remote-address': 'false' }], [{ _example: 'use-remote-address: "true"' }]])(
    'is warned of, in one line with the command that mends it: %j',
    async (kourier) => {
      expect(await notice(kourier)).toEqual([
        expect.stringMatching(
          /^warning: .+: kubectl --context there patch configmap\/config-kourier -n knative-serving --type merge -p '\{"data":\{"use-remote-address":"true"\}\}'$/,
        ),
      ]);
    },
  );

  it('is no matter where it adds the address, by itself or by the proxy protocol', async () => {
    expect(await notice({ 'use-remote-address': 'true' })).toEqual([]);
    expect(await notice({ 'enable-proxy-protocol': 'true' })).toEqual([]);
  });

  it('is no matter of another ingress, nor where its ConfigMap is not to be seen', async () => {
    const istio = { 'ingress-class': 'istio.ingress.networking.knative.dev' };
    expect(await notice({}, istio)).toEqual([]);
    expect(await callerNotice(kubectlOf({}))).toEqual([]);
  });

  it('is not what the command installs that kagari deploy names', () => {
    expect(install.kourier.split(' && ').at(-1)).toContain('"use-remote-address":"true"');
  });
});
