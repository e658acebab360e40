import type { KubeObject } from '../../knative/local/store/types.ts';

/** What keeps a pod from running. */
export interface PodTrouble {
  pod: string;
  reason: string;
  message: string;
  /** Waiting longer will not mend it. */
  hopeless: boolean;
}

interface ContainerStatus {
  name: string;
  restartCount?: number;
  state?: { waiting?: { reason?: string; message?: string }; terminated?: Ended };
  lastState?: { terminated?: Ended };
}

interface Ended {
  reason?: string;
  exitCode?: number;
}

const hopelessReasons = new Set([
  'ErrImageNeverPull',
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
  'CrashLoopBackOff',
]);

/** Undefined where nothing is wrong with it. */
export const podTrouble = ({ metadata, status }: KubeObject): PodTrouble | undefined => {
  if (metadata.deletionTimestamp) return undefined;
  const tell = (reason: string, message: string, hopeless: boolean): PodTrouble => ({
    pod: metadata.name,
    reason,
    message,
    hopeless,
  });
  const scheduled = status?.conditions?.find(
    ({ type, status }: { type: string; status: string }) => type === 'PodScheduled' && status === 'False',
  );
  // A cluster may add a node.
  if (scheduled) return tell(scheduled.reason, scheduled.message, false);
  const containers: ContainerStatus[] = [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
  ];
  for (const { name, state, lastState, restartCount = 0 } of containers) {
    const reason = state?.waiting?.reason ?? '';
    const last = state?.terminated ?? lastState?.terminated;
    if (last?.reason === 'OOMKilled')
      return tell('OOMKilled', `${name} needs more memory than its limit allows`, restartCount > 1);
    if (reason === 'CrashLoopBackOff')
      return tell(reason, `${name} ended with ${last?.exitCode} ${restartCount} times`, restartCount > 2);
    if (hopelessReasons.has(reason)) return tell(reason, state?.waiting?.message ?? '', true);
  }
  return undefined;
};
