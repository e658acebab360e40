import { parseImage } from '../../admission/serving/image-reference.ts';
import { type Conditions, conditionSet } from '../../store/conditions.ts';
import type { KubeObject } from '../../store/types.ts';
import type { RevisionState } from '../ports.ts';
import { imageOf, resolvedDigest } from './revision-spec.ts';

const revisionConditions = conditionSet(['ContainerHealthy', 'ResourcesAvailable'], ['Active']);
type RevisionConditions = Conditions<'ResourcesAvailable' | 'ContainerHealthy' | 'Active'>;

/** What is known of a Revision besides its object. */
export interface Standing {
  /** Of its image; null: there is no such image. */
  digest: string | null | undefined;
  /** What the machinery told last; undefined before it did. */
  state: RevisionState | undefined;
  /** It may have work in hand: it is to run again after a crash. */
  active: boolean;
  /** Its progress deadline is over. */
  late: boolean;
}

/** A pod of it was ready once: its ResourcesAvailable has been True since. */
export const isProven = ({ status }: KubeObject): boolean =>
  conditionOf(status, 'ResourcesAvailable') === 'True';

/** It did not become ready within its deadline: it is not tried again. */
export const isGivenUp = ({ status }: KubeObject): boolean =>
  conditionOf(status, 'ResourcesAvailable') === 'False';

const conditionOf = (status: KubeObject['status'], type: string): string | undefined =>
  status?.conditions?.find((condition: { type: string }) => condition.type === type)?.status;

/** A Revision's status by its pods, in Knative's words. */
export const revisionStatus = (revision: KubeObject, standing: Standing): object => {
  const before = revision.status ?? {};
  const conditions = revisionConditions(before.conditions);
  const { digest, state, active } = standing;
  const resolved = resolvedDigest(revision) ?? digest;
  if (!resolved) markUnresolved(conditions, revision, digest === null);
  else {
    if (!isGivenUp(revision) || state?.proven) markProgress(conditions, standing, isProven(revision));
    markActive(conditions, state);
  }
  const desired = state
    ? Math.max(state.desired, active ? 1 : 0)
    : active
      ? Math.max(before.desiredReplicas ?? 0, 1)
      : before.desiredReplicas;
  return {
    ...before,
    ...(resolved && {
      containerStatuses: [
        { name: containerName(revision), imageDigest: `${repositoryOf(revision)}@${resolved}` },
      ],
    }),
    conditions: conditions.list(),
    ...(state && { actualReplicas: state.ready }),
    ...(desired !== undefined && { desiredReplicas: desired }),
  };
};

const containerName = ({ spec }: KubeObject): string => spec.containers[0].name;
const repositoryOf = (revision: KubeObject): string =>
  parseImage(imageOf(revision))?.repository ?? imageOf(revision);

const markUnresolved = (conditions: RevisionConditions, revision: KubeObject, missing: boolean): void => {
  conditions.markUnknown('ResourcesAvailable', missing ? 'Deploying' : 'ResolvingDigests');
  if (!missing) return;
  const image = imageOf(revision);
  const advice =
    'no such image in the local image store; build it, or bring it in with `kagari image import`';
  const message = `Unable to fetch image "${image}": failed to resolve image to digest: ${advice}`;
  conditions.markFalse('ContainerHealthy', 'ContainerMissing', message);
};

const markProgress = (
  conditions: RevisionConditions,
  { state, late }: Standing,
  wasProven: boolean,
): void => {
  const failure = state?.ready === 0 && state.desired !== 0 ? state.failure : undefined;
  if (state?.proven || wasProven) {
    markProven(conditions, failure, (state?.ready ?? 0) > 0);
    return;
  }
  const exited = failure?.exitCode !== undefined;
  if (exited) conditions.markFalse('ContainerHealthy', failure.reason, failure.message);
  else if (conditions.get('ContainerHealthy')?.status !== 'False') {
    conditions.markUnknown('ContainerHealthy', 'Deploying');
  }
  const waits = failure && !exited;
  if (late && waits) conditions.markFalse('ResourcesAvailable', failure.reason, failure.message);
  else if (late) {
    const message = failure?.message ?? 'Initial scale was never achieved';
    conditions.markFalse('ResourcesAvailable', 'ProgressDeadlineExceeded', message);
  } else if (waits) conditions.markUnknown('ResourcesAvailable', failure.reason, failure.message);
  else conditions.markUnknown('ResourcesAvailable', 'Deploying');
};

/** What was said of pods that failed stays said until one is ready again. */
const markProven = (
  conditions: RevisionConditions,
  failure: RevisionState['failure'],
  ready: boolean,
): void => {
  conditions.markTrue('ResourcesAvailable');
  if (failure) conditions.markFalse('ContainerHealthy', failure.reason, failure.message);
  else if (ready || conditions.get('ContainerHealthy')?.status !== 'False') {
    conditions.markTrue('ContainerHealthy');
  }
};

const markActive = (conditions: RevisionConditions, state: RevisionState | undefined): void => {
  if (!state) {
    if (!conditions.get('Active')) conditions.markUnknown('Active', 'Deploying');
  } else if (state.desired === 0) {
    if (state.proven) conditions.markFalse('Active', 'NoTraffic', 'The target is not receiving traffic.');
    else conditions.markFalse('Active', 'TimedOut', 'The target could not be activated.');
  } else if (state.ready === 0) {
    conditions.markUnknown(
      'Active',
      'Queued',
      'Requests to the target are being buffered as resources are provisioned.',
    );
  } else conditions.markTrue('Active');
};
