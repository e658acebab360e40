import { findKind } from '../store/kinds.ts';
import type { KubeObject, Reader } from '../store/types.ts';

/** Knative's duck type Destination: a reference to something that has an address, an absolute URI, or both joined. */
export interface Destination {
  ref?: Reference;
  uri?: string;
}

interface Reference {
  apiVersion?: string;
  kind: string;
  name: string;
  namespace?: string;
  /** The name of one of the referent's `status.addresses`. */
  address?: string;
}

export type Resolved = { url: string; reason?: never } | Unresolved;

/** Why there is no URL; `pending` where the referent is there and has no address yet. */
export interface Unresolved {
  url?: never;
  reason: string;
  pending?: true;
}

/** Where an object says that it can be reached; a caller may know more than its status (see expected-address.ts). */
type AddressOf = (object: KubeObject) => string | undefined;

/**
 * The one URL that a destination means, or why there is none. `namespace` is that of the object that names it.
 * As Knative's addressable resolver: `uri` beside `ref` is a reference resolved against the address (RFC 3986, section 5).
 */
export const resolveDestination = (
  store: Reader,
  destination: Destination | undefined,
  namespace: string,
  addressOf: AddressOf = statusAddress,
): Resolved => {
  const { ref, uri } = destination ?? {};
  if (ref) return join(refAddress(store, ref, ref.namespace || namespace, addressOf), uri);
  if (uri) return absoluteUrl(uri);
  return { reason: 'destination missing Ref and URI, expected at least one' };
};

export const statusAddress: AddressOf = ({ status }) => status?.addresses?.[0]?.url ?? status?.address?.url;

const refAddress = (store: Reader, ref: Reference, namespace: string, addressOf: AddressOf): Resolved => {
  const apiVersion = ref.apiVersion || 'v1';
  const what = `${ref.kind} ${namespace}/${ref.name}`;
  const kind = findKind({ apiVersion, kind: ref.kind })?.kind;
  if (!kind) return { reason: `no kind "${ref.kind}" in version "${apiVersion}"` };
  if (kind === 'Service') return clusterService(store, namespace, ref.name);
  const object = store.get(kind, namespace, ref.name);
  if (!object) return { reason: `${what} not found` };
  const address = ref.address ? namedAddress(object, ref.address) : addressOf(object);
  if (address) return absoluteUrl(address);
  const missing = ref.address ? `address with name "${ref.address}" not found` : 'address not set';
  return { reason: `${missing} for ${what}`, pending: true };
};

// On a cluster Serving keeps a core Service of the same name for each of its own.
const clusterService = (store: Reader, namespace: string, name: string): Resolved => {
  const stands = ['Service', 'Service.serving.knative.dev'].some((kind) => store.get(kind, namespace, name));
  return stands
    ? { url: `http://${name}.${namespace}.svc.cluster.local` }
    : { reason: `Service ${namespace}/${name} not found` };
};

const namedAddress = ({ status }: KubeObject, wanted: string): string | undefined => {
  const addresses: { name?: string; url?: string }[] = status?.addresses ?? [];
  return addresses.find(({ name }) => name === wanted)?.url;
};

const join = (base: Resolved, uri: string | undefined): Resolved => {
  if (base.url === undefined || !uri) return base;
  if (/^[a-z][a-z0-9+.-]*:/i.test(uri)) {
    return { reason: `absolute URI is not allowed when Ref or [apiVersion, kind, name] exists: "${uri}"` };
  }
  return URL.canParse(uri, base.url)
    ? { url: new URL(uri, base.url).href }
    : { reason: `invalid URI "${uri}"` };
};

const absoluteUrl = (uri: string): Resolved => {
  // URL forgives `http:host` and `http:///host`, which name no host by RFC 3986
  if (!/^https?:\/\/[^/?#\\]/i.test(uri) || !URL.canParse(uri)) {
    return { reason: `URI is not absolute (scheme http or https, and a host): "${uri}"` };
  }
  const { href, origin } = new URL(uri);
  return { url: href === `${origin}/` && !uri.endsWith('/') ? origin : href };
};
