import { fullyQualifiedName } from '../../admission/names.ts';
import type { KubeObject } from '../../store/types.ts';
import { visibilityLabel } from './names.ts';

/** Where the ingress's public names lie. */
export interface Domain {
  /** `localhost` */
  name: string;
  /** Of the external listener. */
  port: number;
}

const clusterSuffix = 'svc.cluster.local';

export const isClusterLocal = ({ metadata }: KubeObject): boolean =>
  metadata.labels?.[visibilityLabel] === 'cluster-local';

/** `http://orders.shop.localhost:8080`; of a cluster-local Route `http://orders.shop.svc.cluster.local`. */
export const urlOf = (route: KubeObject, tag: string | undefined, domain: Domain): string =>
  isClusterLocal(route)
    ? `http://${internalHost(route, tag)}`
    : `http://${externalHost(route, tag, domain)}${portOf(domain)}`;

export const portOf = ({ port }: Domain): string => (port === 80 ? '' : `:${port}`);

const label = ({ metadata }: KubeObject, tag: string | undefined): string =>
  tag ? `${tag}-${metadata.name}` : metadata.name;

export const externalHost = (route: KubeObject, tag: string | undefined, domain: Domain): string =>
  `${label(route, tag)}.${route.metadata.namespace}.${domain.name}`;

/** `orders.shop.svc.cluster.local`, by which functions call each other. */
export const internalHost = (route: KubeObject, tag?: string): string =>
  `${label(route, tag)}.${route.metadata.namespace}.${clusterSuffix}`;

/** The same as every name server of a cluster would find it. */
export const internalHosts = (route: KubeObject, tag: string | undefined): string[] => {
  const host = `${label(route, tag)}.${route.metadata.namespace}`;
  return [`${host}.${clusterSuffix}`, `${host}.svc`, host];
};

/** What is wrong with a Route's name and tag as a host, in Knative's words. */
export const hostProblem = (
  route: KubeObject,
  tag: string | undefined,
  domain: Domain,
): string | undefined => {
  const host = isClusterLocal(route) ? internalHost(route, tag) : externalHost(route, tag, domain);
  const [wrong] = fullyQualifiedName(host);
  return (
    wrong &&
    `error resolving domain name: invalid domain name "${host}": url: Invalid value: "${host}": ${wrong}`
  );
};
