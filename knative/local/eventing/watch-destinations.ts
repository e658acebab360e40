import { type Key, keyOf } from '../store/controller.ts';
import { findKind, kindOf } from '../store/kinds.ts';
import type { Kind, KubeObject, Reader } from '../store/types.ts';
import type { Destination } from './destination.ts';

const addressable: readonly Kind[] = [
  'Service',
  'Service.serving.knative.dev',
  'Route.serving.knative.dev',
  'DomainMapping.serving.knative.dev',
  'Broker.eventing.knative.dev',
];

/** A controller's watches on all that can be a destination: a change touches the objects of `kind` that refer to it. */
export const watchDestinations = (
  store: Reader,
  kind: Kind,
  destinationsOf: (object: KubeObject) => (Destination | undefined)[],
): { kind: Kind; keys: (changed: KubeObject) => Key[] }[] => {
  const referrers = (changed: KubeObject) =>
    store
      .list(kind)
      .filter((object) =>
        destinationsOf(object).some((destination) =>
          refersTo(destination, object.metadata.namespace, changed),
        ),
      )
      .map(keyOf);
  return addressable.map((kind) => ({ kind, keys: referrers }));
};

const refersTo = (
  destination: Destination | undefined,
  home: string | undefined,
  { apiVersion, kind, metadata }: KubeObject,
): boolean => {
  const { ref } = destination ?? {};
  if (ref?.name !== metadata.name || (ref.namespace || home) !== metadata.namespace) return false;
  const meant = findKind({ apiVersion: ref.apiVersion || 'v1', kind: ref.kind })?.kind;
  // a core Service stands for the serving Service of its name, too
  return meant === kindOf({ apiVersion, kind }) || (meant === 'Service' && kind === 'Service');
};
