import type { PodView } from '../../serving/ports.ts';
import type { KubeObject, ObjectMeta } from '../../store/types.ts';
import { uuidOf } from './uuid.ts';

export const nodeName = 'kagari';
export const containerName = 'user-container';

/** Since when a pod's conditions are as they are. */
export interface Since {
  ready: Date;
  deleted?: Date;
}

const prefix = 'serving.knative.dev';

/** core/v1 Pod of a process, as Knative's deployment of its Revision would have it. */
export const podObject = (
  view: PodView,
  revision: KubeObject | undefined,
  since: Since,
  resourceVersion: string,
): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { ...metadataOf(view, revision, since), resourceVersion },
  spec: {
    nodeName,
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: revision?.spec?.timeoutSeconds ?? 300,
    dnsPolicy: 'ClusterFirst',
    containers: (revision?.spec?.containers ?? [{}]).map((container: object) => ({
      ...container,
      name: containerName,
    })),
    ...(revision?.spec?.volumes && { volumes: revision.spec.volumes }),
  },
  status: statusOf(view, revision, since),
});

/** The namespace and name of a pod's Revision. */
export const revisionOf = ({ revision }: PodView): { namespace: string; name: string } => {
  const slash = revision.indexOf('/');
  return { namespace: revision.slice(0, slash), name: revision.slice(slash + 1) };
};

const metadataOf = (
  view: PodView,
  revision: KubeObject | undefined,
  { deleted }: Since,
): Omit<ObjectMeta, 'resourceVersion'> => {
  const { namespace, name } = revisionOf(view);
  const labels = revision?.metadata.labels ?? {};
  const known = ['configuration', 'configurationGeneration', 'configurationUID', 'service', 'serviceUID'];
  return {
    name: view.name,
    namespace,
    uid: uuidOf('pod', namespace, view.name, view.startedAt.toISOString()),
    creationTimestamp: time(view.startedAt),
    ...(deleted && { deletionTimestamp: time(deleted), deletionGracePeriodSeconds: 30 }),
    labels: {
      app: name,
      ...Object.fromEntries(known.flatMap((key) => entry(`${prefix}/${key}`, labels[`${prefix}/${key}`]))),
      [`${prefix}/revision`]: name,
      ...(revision && { [`${prefix}/revisionUID`]: revision.metadata.uid }),
      [`${prefix}/service`]: view.service,
    },
    annotations: {
      ...(view.pid !== undefined && { 'kagari.dev/pid': String(view.pid) }),
      'kagari.dev/port': String(view.port),
    },
    ...(revision && {
      ownerReferences: [
        {
          apiVersion: revision.apiVersion,
          kind: revision.kind,
          name,
          uid: revision.metadata.uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    }),
  };
};

const statusOf = (view: PodView, revision: KubeObject | undefined, since: Since) => {
  const started = view.phase !== 'Pending';
  const condition = (type: string, met: boolean, at: Date) => ({
    type,
    status: met ? 'True' : 'False',
    lastProbeTime: null,
    lastTransitionTime: time(at),
    ...(!met && {
      reason: 'ContainersNotReady',
      message: `containers with unready status: [${containerName}]`,
    }),
  });
  return {
    phase: started ? 'Running' : 'Pending',
    qosClass: 'Burstable',
    hostIP: '127.0.0.1',
    hostIPs: [{ ip: '127.0.0.1' }],
    podIP: '127.0.0.1',
    podIPs: [{ ip: '127.0.0.1' }],
    startTime: time(view.startedAt),
    conditions: [
      condition('PodReadyToStartContainers', true, view.startedAt),
      condition('Initialized', true, view.startedAt),
      condition('Ready', view.ready, since.ready),
      condition('ContainersReady', view.ready, since.ready),
      condition('PodScheduled', true, view.startedAt),
    ],
    containerStatuses: [
      {
        name: containerName,
        image: revision?.spec?.containers?.[0]?.image ?? '',
        imageID: revision?.status?.containerStatuses?.[0]?.imageDigest ?? view.imageDigest,
        ...(view.pid !== undefined && { containerID: `kagari://${view.pid}` }),
        ready: view.ready,
        started: started && view.pid !== undefined,
        restartCount: view.restarts,
        state: stateOf(view),
        lastState: {},
      },
    ],
  };
};

const stateOf = ({ phase, pid, restarts, startedAt }: PodView) => {
  if (pid !== undefined && phase !== 'Pending') return { running: { startedAt: time(startedAt) } };
  if (pid === undefined && restarts > 0)
    return {
      waiting: {
        reason: 'CrashLoopBackOff',
        message: 'the process ended; it is started again after a pause',
      },
    };
  return { waiting: { reason: 'ContainerCreating' } };
};

const entry = (key: string, value: string | undefined): [string, string][] =>
  value === undefined ? [] : [[key, value]];

const time = (date: Date) => `${date.toISOString().slice(0, 19)}Z`;
