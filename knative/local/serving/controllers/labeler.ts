import type { TrafficTarget } from '../../admission/serving/traffic.ts';
import { readyOf } from '../../store/conditions.ts';
import type { Kind, KubeObject, Store } from '../../store/types.ts';
import { edit } from './edit.ts';
import {
  configurationKind,
  namesIn,
  revisionKind,
  routesAnnotation,
  routingModifiedAnnotation,
  routingStateLabel,
  serviceLabel,
  timestamp,
} from './names.ts';
import { controllerOf } from './owner.ts';

export interface Labeler {
  /** Notes a Route on the Revisions and Configurations that it leads to, and takes the note off others once it is decided. */
  label(route: KubeObject): Promise<void>;
  /** Takes the notes of a Route that is gone off everything. */
  clear(namespace: string, route: string): Promise<void>;
}

/** Knative's labeler: annotation routes, and on Revisions the label routingState by which they are scaled and collected. */
export const createLabeler = (store: Store): Labeler => {
  const label = async (route: KubeObject) => {
    const { namespace = '', name } = route.metadata;
    const { revisions, configurations } = targetsOf(route);
    for (const revision of revisions) await note(revisionKind, namespace, revision, name, true);
    for (const configuration of configurations)
      await note(configurationKind, namespace, configuration, name, true);
    const ready = readyOf(route);
    const decided =
      ready?.status !== 'Unknown' && route.status.observedGeneration === route.metadata.generation;
    if (decided) await clearOthers(namespace, name, revisions, configurations);
  };

  const clearOthers = async (
    namespace: string,
    route: string,
    revisions: Set<string>,
    configurations: Set<string>,
  ) => {
    for (const configuration of noted(namespace, route)) {
      for (const revision of store.owned(configuration.metadata.uid, revisionKind)) {
        if (!revisions.has(revision.metadata.name))
          await note(revisionKind, namespace, revision.metadata.name, route, false);
      }
      // its Service notes its own Route on it, whatever that leads to
      const own = configuration.metadata.labels?.[serviceLabel] === route;
      if (!own && !configurations.has(configuration.metadata.name)) {
        await note(configurationKind, namespace, configuration.metadata.name, route, false);
      }
    }
  };

  /** The Configurations with a note of this Route: its Service's own, or any, where it has no Service. */
  const noted = (namespace: string, route: string): KubeObject[] => {
    const own = store.get(configurationKind, namespace, route);
    const candidates = own && controllerOf(own) ? [own] : store.list(configurationKind, namespace);
    return candidates.filter((configuration) => routesOf(configuration).includes(route));
  };

  const targetsOf = ({
    metadata,
    spec,
    status,
  }: KubeObject): { revisions: Set<string>; configurations: Set<string> } => {
    const [revisions, configurations] = [new Set<string>(), new Set<string>()];
    const targets: TrafficTarget[] = [...(status?.traffic ?? []), ...spec.traffic];
    for (const { revisionName, configurationName, latestRevision } of targets) {
      const revision = revisionName ? store.get(revisionKind, metadata.namespace, revisionName) : undefined;
      if (revision) revisions.add(revision.metadata.name);
      const owner = revision && controllerOf(revision);
      const name = owner?.kind === 'Configuration' ? owner.name : configurationName;
      const configuration =
        name === undefined ? undefined : store.get(configurationKind, metadata.namespace, name);
      if (!configuration) continue;
      configurations.add(configuration.metadata.name);
      // the newest one will follow: it is scaled as if it were reached already
      const newest = configuration.status?.latestCreatedRevisionName;
      if (newest && latestRevision) revisions.add(newest);
    }
    return { revisions, configurations };
  };

  const note = async (kind: Kind, namespace: string, name: string, route: string, leads: boolean) => {
    await edit(store, { kind, namespace, name }, (now) => {
      const routes = new Set(routesOf(now));
      if (leads) routes.add(route);
      else routes.delete(route);
      return withRoutes(now, [...routes].sort(), kind === revisionKind);
    });
  };

  return {
    label,
    clear: (namespace, route) => clearOthers(namespace, route, new Set(), new Set()),
  };
};

const routesOf = ({ metadata }: KubeObject): string[] => namesIn(metadata.annotations?.[routesAnnotation]);

const withRoutes = (object: KubeObject, routes: string[], isRevision: boolean): KubeObject => {
  const { [routesAnnotation]: _, ...others } = object.metadata.annotations ?? {};
  const state = routes.length > 0 ? 'active' : 'reserve';
  const turned = isRevision && object.metadata.labels?.[routingStateLabel] !== state;
  return {
    ...object,
    metadata: {
      ...object.metadata,
      ...(turned && { labels: { ...object.metadata.labels, [routingStateLabel]: state } }),
      annotations: {
        ...others,
        ...(routes.length > 0 && { [routesAnnotation]: routes.join(',') }),
        ...(turned && { [routingModifiedAnnotation]: timestamp() }),
      },
    },
  };
};
