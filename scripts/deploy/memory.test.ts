import { describe, expect, it } from 'vitest';
import { neededBy, quantity, roomIn } from './memory.ts';
import { standing } from './testing.ts';

const pods = (requests: object) => ({ containers: [{ image: 'x', resources: { requests } }] });

describe('memory and processors', () => {
  it.each([
    ['128Mi', 134_217_728],
    ['1G', 1e9],
    ['500m', 0.5],
    ['2', 2],
    ['24479284Ki', 25_066_786_816],
    ['1e3', 1000],
  ])('reads %s as %d', (text, number) => {
    expect(quantity(text)).toBeCloseTo(number);
  });

  it('refuses what is no quantity', () => {
    expect(() => quantity('much')).toThrow('much is no quantity');
  });

  it('counts a Service with its least pods and their queue-proxy, a StatefulSet with its replicas', () => {
    const service = standing('serving.knative.dev/v1', 'Service', 'orders', {
      spec: {
        template: {
          metadata: { annotations: { 'autoscaling.knative.dev/min-scale': '2' } },
          spec: pods({ memory: '64Mi', cpu: '100m' }),
        },
      },
    });
    const database = standing('apps/v1', 'StatefulSet', 'postgres', {
      spec: { replicas: 3, template: { spec: pods({ memory: '1Gi', cpu: '1' }) } },
    });
    const { memory, cpu } = neededBy([service, database, standing('v1', 'ConfigMap', 'payments')]);
    expect(memory).toBe(2 * 64 * 2 ** 20 + 3 * 2 ** 30);
    expect(cpu).toBeCloseTo(2 * 0.125 + 3);
  });

  it('has what schedulable nodes have beside the running pods of others', () => {
    const node = (name: string, spec: object) =>
      standing('v1', 'Node', name, { spec, status: { allocatable: { memory: '8Gi', cpu: '4' } } });
    const pod = (namespace: string, phase: string, nodeName?: string) =>
      standing('v1', 'Pod', 'p', {
        metadata: { namespace },
        spec: { ...pods({ memory: '1Gi', cpu: '1' }), ...(nodeName && { nodeName }) },
        status: { phase },
      });
    const others = [
      pod('other', 'Running', 'a'),
      pod('other', 'Succeeded', 'a'),
      pod('other', 'Pending'),
      pod('kagari', 'Running', 'a'),
    ];
    const room = roomIn([node('a', {}), node('b', { unschedulable: true })], others, 'kagari');
    expect(room).toEqual({ memory: 7 * 2 ** 30, cpu: 3 });
  });
});
