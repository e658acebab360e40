import { describe, expect, it } from 'vitest';
import type { NewObject } from '../../knative/local/store/types.ts';
import { nameOf } from './overlay.ts';
import { phasesOf } from './phases.ts';
import { standing } from './testing.ts';

describe('phases', () => {
  it('put what something needs before it, whatever the order of the overlay', () => {
    const objects = [
      standing('serving.knative.dev/v1beta1', 'DomainMapping', 'shop.example'),
      standing('eventing.knative.dev/v1', 'Trigger', 'orders'),
      standing('sources.knative.dev/v1', 'PingSource', 'worker'),
      standing('sources.knative.dev/v1', 'SinkBinding', 'orders'),
      standing('serving.knative.dev/v1', 'Service', 'orders'),
      standing('v1', 'Service', 'postgres'),
      standing('batch/v1', 'Job', 'migrate'),
      standing('eventing.knative.dev/v1', 'Broker', 'default'),
      standing('networking.internal.knative.dev/v1alpha1', 'ClusterDomainClaim', 'shop.example'),
      standing('apps/v1', 'StatefulSet', 'postgres'),
      standing('v1', 'Namespace', 'kagari'),
    ];
    const names = ([, objects]: [string, NewObject[]]) => objects.map(nameOf).sort();
    expect(Object.entries(phasesOf(objects)).map(names)).toEqual([
      ['Namespace kagari'],
      ['ClusterDomainClaim shop.example', 'Service postgres', 'StatefulSet postgres'],
      ['Job migrate'],
      ['Broker default', 'SinkBinding orders'],
      ['Service orders'],
      ['DomainMapping shop.example', 'PingSource worker', 'Trigger orders'],
    ]);
  });
});
