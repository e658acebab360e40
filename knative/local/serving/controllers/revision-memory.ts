import type { KubeObject } from '../../store/types.ts';
import type { RevisionState } from '../ports.ts';

/** What is kept of a Revision while the runtime runs. */
export interface Memory {
  uid: string;
  /** Whether the machinery has it. */
  running: boolean;
  state?: RevisionState;
  digest?: string | null;
  active: boolean;
  deadline: number;
}

/** Of a Revision that is seen for the first time in this life of the runtime. */
export const freshMemory = ({ metadata: { uid }, status }: KubeObject): Memory => ({
  uid,
  running: false,
  active: (status?.desiredReplicas ?? 0) > 0,
  deadline: Number.POSITIVE_INFINITY,
});

/** More or fewer of the same: it may be written a little later. */
export const onlyCounts = (before: RevisionState | undefined, now: RevisionState): boolean =>
  before !== undefined &&
  before.proven === now.proven &&
  before.failure?.reason === now.failure?.reason &&
  before.failure?.message === now.failure?.message &&
  before.ready > 0 === now.ready > 0 &&
  before.desired > 0 === now.desired > 0;
