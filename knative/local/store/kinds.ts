import { badRequest } from './status-error.ts';
import type { Kind } from './types.ts';

export interface KindInfo {
  kind: Kind;
  /** Empty: the core group. */
  group: string;
  version: string;
  /** The `kind` field of its objects. */
  name: string;
  plural: string;
  namespaced: boolean;
  /** It has a status that its own writes do not touch, and a generation that its spec's changes raise. */
  status: boolean;
}

const define = (
  apiVersion: string,
  name: string,
  traits: { plural?: string; namespaced?: false; status?: false } = {},
): KindInfo => {
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  return {
    kind: group ? `${name}.${group}` : name,
    group,
    version,
    name,
    plural: traits.plural ?? `${name.toLowerCase()}s`,
    namespaced: traits.namespaced ?? true,
    status: traits.status ?? true,
  };
};

/** Every kind the store keeps. Pods and metrics are views of processes and not among them. */
export const kinds: readonly KindInfo[] = [
  define('v1', 'Namespace', { namespaced: false, status: false }),
  define('v1', 'ConfigMap', { status: false }),
  define('v1', 'Secret', { status: false }),
  define('v1', 'Service', { status: false }),
  define('v1', 'Event', { status: false }),
  define('serving.knative.dev/v1', 'Service'),
  define('serving.knative.dev/v1', 'Configuration'),
  define('serving.knative.dev/v1', 'Revision'),
  define('serving.knative.dev/v1', 'Route'),
  define('serving.knative.dev/v1beta1', 'DomainMapping'),
  define('eventing.knative.dev/v1', 'Broker'),
  define('eventing.knative.dev/v1', 'Trigger'),
  define('sources.knative.dev/v1', 'PingSource'),
  define('sources.knative.dev/v1', 'SinkBinding'),
  define('sources.knative.dev/v1', 'KafkaSource'),
];

const byKind = new Map(kinds.map((info) => [info.kind, info]));

export const apiVersionOf = (info: KindInfo): string =>
  info.group ? `${info.group}/${info.version}` : info.version;

export const kindInfo = (kind: Kind): KindInfo => {
  const info = byKind.get(kind);
  if (!info) throw badRequest(`no matches for kind "${kind}"`);
  return info;
};

/** The kind of an object by its apiVersion and kind, or undefined where no such kind is served. */
export const findKind = (object: { apiVersion: string; kind: string }): KindInfo | undefined =>
  kinds.find((info) => info.name === object.kind && apiVersionOf(info) === object.apiVersion);

/** Throws BadRequest where no such kind is served. */
export const kindOf = (object: { apiVersion: string; kind: string }): Kind => {
  const info = findKind(object);
  if (!info) throw badRequest(`no matches for kind "${object.kind}" in version "${object.apiVersion}"`);
  return info.kind;
};
