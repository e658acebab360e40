import type { KubeObject } from '../../knative/local/store/types.ts';

/** What keeps a pod from running. */
export interface PodTrouble {
  pod: string;
  reason: string;
  message: string;
  /** Waiting longer will not mend it. */
  hopeless: boolean;
  /** Whose log tells the reason: of what runs or ran last, or of what ran before it; absent where nothing ran. */
  log?: 'current' | 'previous';
}

interface ContainerStatus {
  name: string;
  restartCount?: number;
  ready?: boolean;
  state?: { waiting?: { reason?: string; message?: string }; running?: object; terminated?: Ended };
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
  const tell = (reason: string, message: string, hopeless: boolean, log?: PodTrouble['log']): PodTrouble => ({
    pod: metadata.name,
    reason,
    message,
    hopeless,
    ...(log && { log }),
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
      return tell(
        'OOMKilled',
        `${name} needs more memory than its limit allows`,
        restartCount > 1,
        state?.terminated ? 'current' : 'previous',
      );
    if (reason === 'CrashLoopBackOff')
      return tell(
        reason,
        `${name} ended with ${last?.exitCode} ${restartCount} times`,
        restartCount > 2,
        'previous',
      );
    if (hopelessReasons.has(reason)) return tell(reason, state?.waiting?.message ?? '', true);
    // What a Job's failure means, the Job says.
    if (state?.terminated?.exitCode)
      return tell(
        state.terminated.reason ?? 'Error',
        `${name} ended with ${state.terminated.exitCode}`,
        false,
        'current',
      );
  }
  const unready = (status?.containerStatuses ?? []).some(
    ({ state, ready }: ContainerStatus) => state?.running && ready === false,
  );
  return unready ? tell('NotReady', 'it runs and is not ready', false, 'current') : undefined;
};
