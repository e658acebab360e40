import { describe, expect, it } from 'vitest';
import { readinessOf } from './readiness.ts';
import { standing } from './testing.ts';
import { causeOf, linesOf, troubleOf } from './trouble.ts';

const ksvc = (status?: object, generation = 1) =>
  standing('serving.knative.dev/v1', 'Service', 'orders', {
    metadata: { generation },
    ...(status && { status }),
  });
const condition = (type: string, status: string, reason?: string, message?: string) => ({
  type,
  status,
  reason,
  message,
});
const pod = (status: object) =>
  standing('v1', 'Pod', 'orders-00001-x', {
    metadata: { labels: { 'serving.knative.dev/service': 'orders' } },
    status,
  });

describe('readiness', () => {
  it.each([
    ['without a status', undefined, 'Ready is not True', 'no status yet'],
    [
      'whose last change is not seen yet',
      { observedGeneration: 0, conditions: [condition('Ready', 'True')] },
      'Ready is not True',
      'its controller has not seen the last change yet',
    ],
    [
      'that failed',
      { observedGeneration: 1, conditions: [condition('Ready', 'False', 'RevisionFailed', 'no image')] },
      'Ready is False',
      'RevisionFailed: no image',
    ],
    [
      'whose Ready says nothing itself',
      {
        observedGeneration: 1,
        conditions: [condition('Ready', 'Unknown'), condition('Addressable', 'Unknown', 'NoAddress')],
      },
      'Addressable is Unknown',
      'NoAddress',
    ],
  ])('of a Service %s is its condition and the reason', (_, status, named, why) => {
    expect(readinessOf(ksvc(status))).toMatchObject({ ready: false, condition: named, why });
  });

  it('is there when the last change is seen and Ready is True', () => {
    expect(readinessOf(ksvc({ observedGeneration: 1, conditions: [condition('Ready', 'True')] }))).toEqual({
      ready: true,
    });
  });

  it('of a StatefulSet counts pods of the last change only', () => {
    const set = (status: object) =>
      standing('apps/v1', 'StatefulSet', 'postgres', {
        metadata: { generation: 2 },
        spec: { replicas: 1 },
        status,
      });
    expect(readinessOf(set({ observedGeneration: 2, readyReplicas: 1, updatedReplicas: 1 }))).toEqual({
      ready: true,
    });
    expect(readinessOf(set({ observedGeneration: 2, readyReplicas: 1, updatedReplicas: 0 }))).toMatchObject({
      why: '0 of 1 pods are ready',
    });
    expect(readinessOf(set({ observedGeneration: 1, readyReplicas: 1, updatedReplicas: 1 }))).toMatchObject({
      ready: false,
    });
  });

  it('is nothing that a ConfigMap has', () => {
    expect(readinessOf(standing('v1', 'ConfigMap', 'payments'))).toBeUndefined();
  });
});

describe('trouble', () => {
  const unready = {
    ready: false,
    condition: 'Ready is Unknown',
    why: 'RevisionMissing',
    failed: false,
  } as const;
  const of = (status: object) => troubleOf(ksvc(), unready, { pods: [pod(status)], events: [] });
  const waiting = (reason: string, restartCount = 0) => ({
    containerStatuses: [
      { name: 'user-container', restartCount, state: { waiting: { reason, message: 'so' } } },
    ],
  });

  it('names the object, its condition, its pod and where to look', () => {
    expect(linesOf(of(waiting('ImagePullBackOff')), 'kubectl --context there')).toEqual([
      '  Service orders: Ready is Unknown: RevisionMissing',
      '    pod orders-00001-x: ImagePullBackOff: so',
      '    look: kubectl --context there -n kagari describe services.serving.knative.dev orders',
      '    look: kubectl --context there -n kagari describe pod orders-00001-x',
    ]);
    expect(causeOf(of(waiting('ImagePullBackOff')))).toBe('Service orders (ImagePullBackOff: so)');
  });

  it.each([
    ['an image that is missing', waiting('ErrImageNeverPull'), true],
    ['a start that takes its time', waiting('ContainerCreating'), false],
    ['a first crash', waiting('CrashLoopBackOff', 1), false],
    ['a fourth crash', waiting('CrashLoopBackOff', 4), true],
    [
      'a pod without a node, for a cluster may add one',
      { conditions: [{ ...condition('PodScheduled', 'False', 'Unschedulable', 'Insufficient memory') }] },
      false,
    ],
  ])('of %s: hopeless or not', (_, status, hopeless) => {
    expect(of(status).hopeless).toBe(hopeless);
  });

  it('shows the log of what crashed, not its description', () => {
    expect(of(waiting('CrashLoopBackOff', 4)).look[1]).toBe(
      '-n kagari logs orders-00001-x --all-containers --previous',
    );
  });

  it('shows the log of a Job’s pod that failed', () => {
    const failed = standing('v1', 'Pod', 'migrate-x', {
      metadata: { ownerReferences: [{ kind: 'Job', name: 'migrate' }] },
      status: {
        containerStatuses: [
          { name: 'migrate', ready: false, state: { terminated: { reason: 'Error', exitCode: 1 } } },
        ],
      },
    });
    const job = standing('batch/v1', 'Job', 'migrate');
    const trouble = troubleOf(job, unready, { pods: [failed], events: [] });
    expect(causeOf(trouble)).toBe('Job migrate (Error: migrate ended with 1)');
    expect(trouble.look[1]).toBe('-n kagari logs migrate-x --all-containers');
    expect(trouble.hopeless).toBe(false);
  });

  it('shows the log of a pod that runs and is not ready, and has nothing to say of one that is', () => {
    const running = (ready: boolean) => ({
      containerStatuses: [
        { name: 'user-container', ready: true, state: { running: {} } },
        { name: 'queue-proxy', ready, state: { running: {} } },
      ],
    });
    const trouble = of(running(false));
    expect(causeOf(trouble)).toBe('Service orders (NotReady: it runs and is not ready)');
    expect(trouble.look[1]).toBe('-n kagari logs orders-00001-x --all-containers');
    expect(trouble.hopeless).toBe(false);
    expect(of(running(true)).pods).toEqual([]);
  });

  it('says that memory ran out', () => {
    const ended = {
      containerStatuses: [{ name: 'user-container', lastState: { terminated: { reason: 'OOMKilled' } } }],
    };
    expect(causeOf(of(ended))).toBe(
      'Service orders (OOMKilled: user-container needs more memory than its limit allows)',
    );
  });

  it('knows an exceeded quota from the last warning of an object without pods', () => {
    const job = standing('batch/v1', 'Job', 'migrate');
    const warnings = ['2026-01-01T00:00:02Z', '2026-01-01T00:00:01Z'].map((lastTimestamp, i) => ({
      ...standing('v1', 'Event', `e${i}`),
      ...{ type: 'Warning', reason: 'FailedCreate', lastTimestamp, involvedObject: { name: 'migrate' } },
      message: i === 0 ? 'pods "x" is forbidden: exceeded quota: small' : 'older',
    }));
    const trouble = troubleOf(job, unready, { pods: [], events: warnings });
    expect(trouble.hopeless).toBe(true);
    expect(causeOf(trouble)).toContain('exceeded quota: small');
  });
});
