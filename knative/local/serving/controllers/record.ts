import type { KubeObject } from '../../store/types.ts';

/** Notes Kubernetes Events about objects; never throws, never waits. */
export interface Recorder {
  record(about: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void;
}

export const silent: Recorder = { record: () => {} };
