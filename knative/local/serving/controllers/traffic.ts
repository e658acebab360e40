import type { TrafficTarget } from '../../admission/serving/traffic.ts';
import { readyOf } from '../../store/conditions.ts';
import type { Kind, KubeObject, Reader } from '../../store/types.ts';
import { configurationKind, revisionKind, serviceLabel } from './names.ts';

/** A target as it is routed: a Revision that was ready, with its share. */
export interface Assigned {
  tag?: string;
  revisionName: string;
  latestRevision: boolean;
  percent: number;
}

/** Why traffic cannot be assigned: `False` will not mend by waiting. */
export interface Obstacle {
  status: 'False' | 'Unknown';
  reason: string;
  message: string;
}

export interface Resolution {
  /** Absent where there is an obstacle: traffic stays where it was. */
  traffic?: Assigned[];
  obstacle?: Obstacle;
  /** All that the answer depends on, there or not. */
  lookedAt: { kind: Kind; name: string }[];
}

/** Knative's traffic.BuildTrafficConfiguration: all targets lead to ready Revisions, or none of them moves. */
export const resolveTraffic = (read: Reader, route: KubeObject): Resolution => {
  const lookedAt: Resolution['lookedAt'] = [];
  const look = (kind: Kind, name: string): KubeObject | undefined => {
    lookedAt.push({ kind, name });
    return read.get(kind, route.metadata.namespace, name);
  };
  const targets: TrafficTarget[] = route.spec.traffic ?? [];
  const results = targets.map((target) => resolveTarget(look, route, target));
  const obstacles = results.flatMap((result) => ('status' in result ? [result] : []));
  // one that will not mend by waiting speaks before those that may, the last of them before the others
  const obstacle = obstacles.findLast(({ status }) => status === 'False') ?? obstacles[0];
  if (obstacle) return { obstacle, lookedAt };
  return {
    traffic: joined(results.flatMap((result) => ('revisionName' in result ? [result] : []))),
    lookedAt,
  };
};

type Look = (kind: Kind, name: string) => KubeObject | undefined;

const resolveTarget = (look: Look, route: KubeObject, target: TrafficTarget): Assigned | Obstacle => {
  const revision = target.revisionName
    ? namedRevision(look, route, target.revisionName)
    : latestReady(look, target.configurationName ?? '');
  if ('reason' in revision) return revision as Obstacle;
  return {
    ...(target.tag && { tag: target.tag }),
    revisionName: (revision as KubeObject).metadata.name,
    latestRevision: target.latestRevision ?? !target.revisionName,
    percent: target.percent ?? 0,
  };
};

const latestReady = (look: Look, name: string): KubeObject | Obstacle => {
  const configuration = look(configurationKind, name);
  if (!configuration) return missing('Configuration', name);
  const latest = configuration.status?.latestReadyRevisionName;
  if (latest) return readyRevision(look, latest);
  const failed = readyOf(configuration)?.status === 'False';
  return failed
    ? {
        status: 'False',
        reason: 'RevisionMissing',
        message: `Configuration "${name}" does not have any ready Revision.`,
      }
    : {
        status: 'Unknown',
        reason: 'RevisionMissing',
        message: `Configuration "${name}" is waiting for a Revision to become ready.`,
      };
};

const namedRevision = (look: Look, route: KubeObject, name: string): KubeObject | Obstacle => {
  const revision = look(revisionKind, name);
  if (!revision) return missing('Revision', name);
  const [mine, its] = [route.metadata.labels?.[serviceLabel], revision.metadata.labels?.[serviceLabel]];
  if (!mine || mine === its) return readyRevision(look, name);
  const message = its
    ? `Revision "${name}" belongs to Service "${its}", not Service "${mine}".`
    : `Revision "${name}" does not belong to Service "${mine}".`;
  return { status: 'False', reason: 'RevisionNotOwned', message };
};

const readyRevision = (look: Look, name: string): KubeObject | Obstacle => {
  const revision = look(revisionKind, name);
  if (!revision) return missing('Revision', name);
  const ready = readyOf(revision);
  if (ready?.status === 'True' && revision.status.observedGeneration === revision.metadata.generation)
    return revision;
  return ready?.status === 'False'
    ? { status: 'False', reason: 'RevisionMissing', message: `Revision "${name}" failed to become ready.` }
    : { status: 'Unknown', reason: 'RevisionMissing', message: `Revision "${name}" is not yet ready.` };
};

const missing = (kind: string, name: string): Obstacle => ({
  status: 'False',
  reason: `${kind}Missing`,
  message: `${kind} "${name}" referenced in traffic not found.`,
});

/** Targets of one tag and Revision are one. */
const joined = (targets: Assigned[]): Assigned[] => {
  const byTarget = new Map<string, Assigned>();
  for (const target of targets) {
    const key = JSON.stringify([target.tag, target.revisionName, target.latestRevision]);
    const other = byTarget.get(key);
    byTarget.set(key, other ? { ...other, percent: other.percent + target.percent } : target);
  }
  return [...byTarget.values()];
};
