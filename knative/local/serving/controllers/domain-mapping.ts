import type { RouteTable } from '../../ingress/route-table.ts';
import { conditionSet } from '../../store/conditions.ts';
import { type Controller, createController, keyOf, splitKey } from '../../store/controller.ts';
import type { KubeObject, Log, Store } from '../../store/types.ts';
import { type Domain, portOf } from './address.ts';
import { editStatus, observed } from './edit.ts';
import { hostsOf } from './hosts.ts';
import { domainMappingKind, routeKind } from './names.ts';
import { createTracker } from './tracker.ts';

const mappingConditions = conditionSet([
  'CertificateProvisioned',
  'DomainClaimed',
  'IngressReady',
  'ReferenceResolved',
]);

interface Means {
  store: Store;
  table: Pick<RouteTable, 'put' | 'remove'>;
  domain: Domain;
  log: Log;
}

/** Serves a Service or Route under a domain name of its own. */
export const domainMappingController = ({ store, table, domain, log }: Means): Controller => {
  const tracker = createTracker();
  const ownerOf = (key: string) => `DomainMapping ${key}`;

  const reconcile = async (key: string) => {
    const { namespace, name } = splitKey(key);
    const mapping = store.get(domainMappingKind, namespace, name);
    if (!mapping) {
      tracker.track(key, []);
      table.remove(ownerOf(key));
      return;
    }
    const { ref } = mapping.spec;
    tracker.track(key, [{ kind: routeKind, key: `${ref.namespace}/${ref.name}` }]);
    const problem = problemOf(mapping);
    const route = problem ? undefined : store.get(routeKind, ref.namespace, ref.name);
    const [host] = route ? hostsOf(route, route.status?.traffic ?? [], domain) : [];
    const refused = table.put(
      ownerOf(key),
      host ? [{ host: name, public: true, targets: host.targets }] : [],
    );
    await editStatus(store, { kind: domainMappingKind, namespace, name }, (now) =>
      observed(now, statusOf(now, { problem, taken: refused.length > 0, served: host !== undefined })),
    );
  };

  const problemOf = ({ spec: { ref } }: KubeObject): string | undefined => {
    const served = ref.apiVersion === 'serving.knative.dev/v1' && ['Service', 'Route'].includes(ref.kind);
    if (!served)
      return `only Services and Routes of serving.knative.dev/v1 are mapped, not ${ref.apiVersion} ${ref.kind}`;
    if (store.get(routeKind, ref.namespace, ref.name)) return undefined;
    return `${ref.kind === 'Service' ? 'services' : 'routes'}.serving.knative.dev "${ref.name}" not found`;
  };

  const statusOf = (
    mapping: KubeObject,
    found: { problem: string | undefined; taken: boolean; served: boolean },
  ): object => {
    const conditions = mappingConditions(mapping.status?.conditions);
    conditions.markTrue('CertificateProvisioned', 'TLSNotEnabled', 'external-domain-tls is not enabled');
    conditions.markTrue('DomainClaimed');
    if (found.problem) conditions.markFalse('ReferenceResolved', 'ResolveFailed', found.problem);
    else conditions.markTrue('ReferenceResolved');
    const { name } = mapping.metadata;
    if (found.taken)
      conditions.markFalse(
        'DomainClaimed',
        'DomainAlreadyClaimed',
        `The domain name "${name}" is already in use by another DomainMapping or Route`,
      );
    if (found.served && !found.taken) conditions.markTrue('IngressReady');
    else
      conditions.markUnknown('IngressReady', 'IngressNotConfigured', 'Ingress has not yet been reconciled.');
    const url = `http://${name}${portOf(domain)}`;
    return { ...mapping.status, url, address: { url }, conditions: conditions.list() };
  };

  return createController({
    name: 'domainmapping-controller',
    store,
    watches: [
      { kind: domainMappingKind, keys: (mapping) => [keyOf(mapping)] },
      { kind: routeKind, keys: (route) => tracker.lookingAt(routeKind, keyOf(route)) },
    ],
    reconcile,
    log,
  });
};
