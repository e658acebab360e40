import { apiVersionOf, type KindInfo, kinds } from '../../store/kinds.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** A kind as the API serves it: from the store, or a view of what runs. */
export interface Resource extends KindInfo {
  singular: string;
  shortNames: readonly string[];
  categories: readonly string[];
  verbs: readonly Verb[];
  /** Labels and names that a cluster's CustomResourceDefinition of it has; absent: a kind of Kubernetes itself. */
  definition?: Record<string, string>;
  /** It is kept in the store; else it is a view. */
  stored: boolean;
  /** Subresources besides status. */
  subresources: readonly string[];
}

const reading = ['get', 'list', 'watch'] as const;
const all: readonly Verb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];

type Traits = Partial<Pick<Resource, 'shortNames' | 'categories' | 'verbs' | 'definition' | 'subresources'>>;

const source = { 'eventing.knative.dev/source': 'true', 'duck.knative.dev/source': 'true' };
const addressable = { 'duck.knative.dev/addressable': 'true' };
const podspecable = { 'duck.knative.dev/podspecable': 'true' };

const stored: Record<string, Traits> = {
  Namespace: { shortNames: ['ns'], verbs: all.filter((verb) => verb !== 'deletecollection') },
  ConfigMap: { shortNames: ['cm'] },
  Secret: {},
  Service: { shortNames: ['svc'], categories: ['all'] },
  Event: { shortNames: ['ev'] },
  'Service.serving.knative.dev': {
    shortNames: ['kservice', 'ksvc'],
    categories: ['all', 'knative', 'serving'],
    definition: { ...addressable, ...podspecable },
  },
  'Configuration.serving.knative.dev': {
    shortNames: ['config', 'cfg'],
    categories: ['all', 'knative', 'serving'],
    definition: podspecable,
  },
  'Revision.serving.knative.dev': {
    shortNames: ['rev'],
    categories: ['all', 'knative', 'serving'],
    definition: {},
  },
  'Route.serving.knative.dev': {
    shortNames: ['rt'],
    categories: ['all', 'knative', 'serving'],
    definition: addressable,
  },
  'DomainMapping.serving.knative.dev': {
    shortNames: ['dm'],
    categories: ['all', 'knative', 'serving'],
    definition: {},
  },
  'Broker.eventing.knative.dev': {
    categories: ['all', 'knative', 'eventing'],
    definition: addressable,
  },
  'Trigger.eventing.knative.dev': { categories: ['all', 'knative', 'eventing'], definition: {} },
  'PingSource.sources.knative.dev': {
    categories: ['all', 'knative', 'sources'],
    definition: source,
  },
  'SinkBinding.sources.knative.dev': {
    categories: ['all', 'knative', 'sources', 'bindings'],
    definition: { ...source, 'duck.knative.dev/binding': 'true' },
  },
  'KafkaSource.sources.knative.dev': {
    categories: ['all', 'knative', 'eventing', 'sources'],
    definition: source,
  },
};

const view = (
  apiVersion: string,
  name: string,
  { plural, namespaced = true, ...traits }: Traits & { plural: string; namespaced?: boolean },
): Resource => {
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  return {
    kind: group ? `${name}.${group}` : name,
    group,
    version,
    name,
    plural,
    namespaced,
    status: false,
    ...withDefaults(name, { verbs: reading, ...traits }),
    stored: false,
  };
};

const withDefaults = (name: string, traits: Traits) => ({
  singular: name.toLowerCase(),
  shortNames: [],
  categories: [],
  verbs: all,
  subresources: [],
  ...traits,
});

/** Everything that the API serves. */
export const resources: readonly Resource[] = [
  ...kinds.map((info) => ({ ...info, ...withDefaults(info.name, stored[info.kind] ?? {}), stored: true })),
  view('v1', 'Pod', {
    plural: 'pods',
    shortNames: ['po'],
    categories: ['all'],
    verbs: ['delete', 'deletecollection', ...reading],
    subresources: ['log'],
  }),
  view('v1', 'Node', { plural: 'nodes', shortNames: ['no'], namespaced: false }),
  view('apiextensions.k8s.io/v1', 'CustomResourceDefinition', {
    plural: 'customresourcedefinitions',
    shortNames: ['crd', 'crds'],
    categories: ['api-extensions'],
    namespaced: false,
  }),
  view('metrics.k8s.io/v1beta1', 'PodMetrics', { plural: 'pods', verbs: ['get', 'list'] }),
  view('metrics.k8s.io/v1beta1', 'NodeMetrics', {
    plural: 'nodes',
    namespaced: false,
    verbs: ['get', 'list'],
  }),
];

/** `services.serving.knative.dev`, as messages name it. */
export const fullName = ({ group, plural }: Pick<Resource, 'group' | 'plural'>): string =>
  group ? `${plural}.${group}` : plural;

export interface GroupVersion {
  group: string;
  version: string;
  apiVersion: string;
  resources: Resource[];
}

/** The groups in the order of their first resource, each with its one version. */
export const groupVersions: readonly GroupVersion[] = [...Map.groupBy(resources, apiVersionOf).entries()].map(
  ([apiVersion, members]) => {
    const { group = '', version = '' } = members[0] ?? {};
    return { apiVersion, group, version, resources: members };
  },
);

export const findResource = (group: string, version: string, plural: string): Resource | undefined =>
  resources.find((one) => one.group === group && one.version === version && one.plural === plural);
