import { describe, expect, it } from 'vitest';
import { standing } from '../deploy/testing.ts';
import { type RolloutRecord, withRecord } from '../rollout/record.ts';
import { changedFunctions } from './changed-functions.ts';

const registry = 'ghcr.io/you/shop';
const digestOf = (content: string) => `sha256:${content.repeat(64)}`;

/** A Service whose traffic goes to the one revision with this content, whatever its template names. */
const running = (name: string, content: string, { template = 'any', resolved = true } = {}) => ({
  service: standing('serving.knative.dev/v1', 'Service', name, {
    spec: { template: { spec: { containers: [{ image: `${registry}/${name}:${template}` }] } } },
    status: { traffic: [{ revisionName: `${name}-00001`, percent: 100 }] },
  }),
  revision: standing('serving.knative.dev/v1', 'Revision', `${name}-00001`, {
    status: {
      containerStatuses: [
        { imageDigest: resolved ? `${registry}/${name}@${digestOf(content)}` : `${registry}/${name}:one` },
      ],
    },
  }),
});

const changed = (found: ReturnType<typeof running>[], offered: Record<string, string>) =>
  changedFunctions(
    { services: found.map(({ service }) => service), revisions: found.map(({ revision }) => revision) },
    {
      functions: Object.keys(offered),
      imageOf: (name) => `${registry}/${name}:two`,
      registry: {
        async digestOf(image) {
          const [, name = ''] = /([^/]+):two$/.exec(image) ?? [];
          return digestOf(offered[name] ?? '');
        },
      },
    },
  );

describe('the functions that a release changes', () => {
  it('are those of which another content runs, by the name of the new image', async () => {
    const found = [running('auth', 'a'), running('orders', 'a'), running('web', 'c')];
    expect(await changed(found, { auth: 'a', orders: 'b', web: 'c' })).toEqual([
      { name: 'orders', image: `${registry}/orders:two` },
    ]);
  });

  it('are told by what gets the traffic: a candidate that was rolled back is offered again', async () => {
    expect(await changed([running('orders', 'a', { template: 'two' })], { orders: 'b' })).toHaveLength(1);
  });

  it('are none that the cluster has not', async () => {
    expect(await changed([running('orders', 'a')], { orders: 'a', worker: 'b' })).toEqual([]);
  });

  it('are also those of which the cluster resolved no digest', async () => {
    expect(await changed([running('orders', 'a', { resolved: false })], { orders: 'a' })).toHaveLength(1);
  });

  it('are not looked for where the traffic is shared out', async () => {
    const shared = running('orders', 'a');
    shared.service.status.traffic = [
      { revisionName: 'orders-00001', percent: 95 },
      { revisionName: 'orders-00002', percent: 5 },
    ];
    await expect(changed([shared], { orders: 'b' })).rejects.toThrow(
      'the traffic of orders goes to orders-00001 95%, orders-00002 5%',
    );
  });

  it('are not looked for while a rollout is under way, even before its first step', async () => {
    const driven = running('orders', 'a');
    const record: RolloutRecord = {
      ...{ id: 'one', image: `${registry}/orders:one`, previousImage: `${registry}/orders:zero` },
      ...{
        stable: 'orders-00001',
        tags: [],
        phase: 'checking',
        step: 0,
        paused: false,
        template: '',
        reasons: [],
      },
      evidence: { ratio: 0, broken: 0, requests: 0, errors: 0 },
      settings: {
        strategy: 'canary',
        steps: [50],
        intervalSeconds: 30,
        patienceSeconds: 600,
        minRequests: 50,
      },
    };
    await expect(
      changed([{ ...driven, service: withRecord(driven.service, record) }], { orders: 'b' }),
    ).rejects.toThrow(`a rollout of orders to ${registry}/orders:one is under way`);
  });
});
