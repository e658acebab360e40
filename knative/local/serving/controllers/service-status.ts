import type { TrafficTarget } from '../../admission/serving/traffic.ts';
import { type Condition, conditionSet, readyOf } from '../../store/conditions.ts';
import { sameJson } from '../../store/json.ts';
import type { KubeObject } from '../../store/types.ts';

export const serviceConditions = conditionSet(['ConfigurationsReady', 'RoutesReady']);

export interface Children {
  configuration: KubeObject;
  /** Undefined: it must not be touched before the Configuration has made its named Revision. */
  route: KubeObject | undefined;
  /** A template's own name that another Revision has. */
  nameTaken?: string;
}

/** A Service's status: what its Configuration and Route say, once they have seen what it asks of them. */
export const serviceStatus = (service: KubeObject, { configuration, route, nameTaken }: Children): object => {
  const { conditions: before, ...kept } = service.status ?? {};
  const conditions = serviceConditions(before);
  if (!seen(configuration)) {
    const message = 'The Configuration is still working to reflect the latest desired specification.';
    conditions.markUnknown('ConfigurationsReady', 'OutOfDate', message);
  } else propagate(readyOf(configuration), 'ConfigurationsReady', conditions);
  if (nameTaken !== undefined) {
    const message = `The revision name "${nameTaken}" is taken by a conflicting Revision, so traffic will not be migrated`;
    conditions.markFalse('RoutesReady', 'RevisionNameTaken', message);
  } else if (route && !seen(route)) {
    const message = 'The Route is still working to reflect the latest desired specification.';
    conditions.markUnknown('RoutesReady', 'OutOfDate', message);
  } else if (route) {
    propagate(readyOf(route), 'RoutesReady', conditions);
    if (conditions.isTrue('RoutesReady') && !migrated(route, configuration)) {
      const message = 'Traffic is not yet migrated to the latest revision.';
      conditions.markUnknown('RoutesReady', 'TrafficNotMigrated', message);
    }
  }
  const { latestCreatedRevisionName, latestReadyRevisionName } = configuration.status ?? {};
  const { url, address, traffic } = route?.status ?? {};
  return {
    ...kept,
    conditions: conditions.list(),
    ...(seen(configuration) && { latestCreatedRevisionName, latestReadyRevisionName }),
    ...(route && seen(route) && { url, address, traffic }),
  };
};

const seen = ({ metadata, status }: KubeObject): boolean =>
  status?.observedGeneration === metadata.generation;

type ServiceConditions = ReturnType<typeof serviceConditions>;

const propagate = (
  ready: Condition | undefined,
  type: 'ConfigurationsReady' | 'RoutesReady',
  conditions: ServiceConditions,
): void => {
  if (ready?.status === 'True') conditions.markTrue(type);
  else if (ready?.status === 'False') conditions.markFalse(type, ready.reason ?? '', ready.message ?? '');
  else if (ready) conditions.markUnknown(type, ready.reason, ready.message);
};

/** Whether the Route's traffic goes where the spec sends it by now. */
const migrated = (route: KubeObject, configuration: KubeObject): boolean => {
  const wanted: TrafficTarget[] = route.spec.traffic;
  const got: TrafficTarget[] = route.status.traffic ?? [];
  const plain = ({ tag, percent, revisionName, configurationName }: TrafficTarget) => ({
    tag,
    percent,
    revisionName:
      configurationName === undefined ? revisionName : configuration.status?.latestReadyRevisionName,
  });
  return sameJson(wanted.map(plain), got.map(plain));
};
