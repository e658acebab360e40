import type { RouteTable } from '../../ingress/route-table.ts';
import { conditionSet } from '../../store/conditions.ts';
import { type Controller, createController, keyOf, splitKey } from '../../store/controller.ts';
import type { KubeObject, Log, Store } from '../../store/types.ts';
import { type Domain, hostProblem, internalHost, isClusterLocal, urlOf } from './address.ts';
import { editStatus, observed } from './edit.ts';
import { hostsOf } from './hosts.ts';
import { createLabeler } from './labeler.ts';
import { configurationKind, namesIn, revisionKind, routeKind, routesAnnotation } from './names.ts';
import { createTracker } from './tracker.ts';
import { type Assigned, type Obstacle, resolveTraffic } from './traffic.ts';

const routeConditions = conditionSet(['AllTrafficAssigned', 'IngressReady', 'CertificateProvisioned']);

interface Means {
  store: Store;
  table: Pick<RouteTable, 'put' | 'remove'>;
  domain: Domain;
  log: Log;
}

/** Resolves a Route's traffic, tells the ingress, writes its status, and marks the Revisions that it leads to. */
export const routeController = ({ store, table, domain, log }: Means): Controller => {
  const tracker = createTracker();
  const labeler = createLabeler(store);

  const reconcile = async (key: string) => {
    const { namespace, name } = splitKey(key);
    const route = store.get(routeKind, namespace, name);
    if (!route) {
      tracker.track(key, []);
      table.remove(key);
      return labeler.clear(namespace, name);
    }
    const { traffic, obstacle, lookedAt } = resolve(route);
    tracker.track(
      key,
      lookedAt.map((target) => ({ kind: target.kind, key: `${namespace}/${target.name}` })),
    );
    const served = traffic ?? route.status?.traffic ?? [];
    // the ingress first: what the status says is already so
    const refused = table.put(key, hostsOf(route, served, domain));
    const written = await editStatus(store, { kind: routeKind, namespace, name }, (now) =>
      observed(now, statusOf(now, traffic, obstacle, refused)),
    );
    if (written) await labeler.label(written);
  };

  const resolve = (route: KubeObject) => {
    const resolution = resolveTraffic(store, route);
    const tags = [undefined, ...(resolution.traffic ?? []).map(({ tag }) => tag)];
    const wrong = tags.map((tag) => hostProblem(route, tag, domain)).find(Boolean);
    if (!wrong) return resolution;
    const obstacle: Obstacle = { status: 'False', reason: 'ErrorConfig', message: wrong };
    return { obstacle, lookedAt: resolution.lookedAt, traffic: undefined };
  };

  const statusOf = (
    route: KubeObject,
    traffic: Assigned[] | undefined,
    obstacle: Obstacle | undefined,
    refused: string[],
  ): object => {
    const before = route.status ?? {};
    const conditions = routeConditions(before.conditions);
    const certificate = isClusterLocal(route)
      ? 'TLS is not enabled for cluster-local'
      : 'external-domain-tls is not enabled';
    if (obstacle?.status === 'False')
      conditions.markFalse('AllTrafficAssigned', obstacle.reason, obstacle.message);
    else if (obstacle) conditions.markUnknown('AllTrafficAssigned', obstacle.reason, obstacle.message);
    else conditions.markTrue('AllTrafficAssigned');
    if (!traffic) {
      // a new generation that is not routed yet must not look ready
      const fresh = before.observedGeneration !== route.metadata.generation;
      if (fresh)
        conditions.markUnknown(
          'IngressReady',
          'IngressNotConfigured',
          'Ingress has not yet been reconciled.',
        );
      return { ...before, url: urlOf(route, undefined, domain), conditions: conditions.list() };
    }
    conditions.markTrue('CertificateProvisioned', 'TLSNotEnabled', certificate);
    const [taken] = refused;
    if (taken === undefined) conditions.markTrue('IngressReady');
    else {
      const message = `There is an existing placeholder Service "${taken.split('.')[0]}" that we do not own.`;
      conditions.markFalse('IngressReady', 'NotOwned', message);
    }
    return {
      ...before,
      url: urlOf(route, undefined, domain),
      address: { url: `http://${internalHost(route)}` },
      traffic: traffic.map((target) => ({
        ...target,
        ...(target.tag && { url: urlOf(route, target.tag, domain) }),
      })),
      conditions: conditions.list(),
    };
  };

  /** Those that look at a Configuration, and those noted on it: a new Revision of it may be theirs or not. */
  const routesTo = (configuration: KubeObject): string[] => {
    const { namespace, annotations } = configuration.metadata;
    const noted = namesIn(annotations?.[routesAnnotation]).map((name) => `${namespace}/${name}`);
    return [...noted, ...tracker.lookingAt(configurationKind, keyOf(configuration))];
  };

  return createController({
    name: 'route-controller',
    store,
    watches: [
      { kind: routeKind, keys: (route) => [keyOf(route)] },
      { kind: configurationKind, keys: routesTo },
      { kind: revisionKind, keys: (object) => tracker.lookingAt(revisionKind, keyOf(object)) },
    ],
    reconcile,
    log,
  });
};
