import { kindOf } from '../store/kinds.ts';
import { createMemory } from '../store/memory.ts';
import type { KubeObject, NewObject, Reader } from '../store/types.ts';

/** Objects for tests: a kind with its apiVersion, in namespace `shop` unless the metadata says otherwise. */
const make =
  (apiVersion: string, kind: string) =>
  (
    name: string,
    rest: Record<string, unknown> = {},
    metadata: Partial<NewObject['metadata']> = {},
  ): NewObject => ({
    apiVersion,
    kind,
    metadata: { name, namespace: 'shop', ...metadata },
    ...rest,
  });

export const aNamespace = (name: string): NewObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name },
});
export const aService = make('serving.knative.dev/v1', 'Service');
export const aCoreService = make('v1', 'Service');
export const aConfigMap = make('v1', 'ConfigMap');
export const aBroker = make('eventing.knative.dev/v1', 'Broker');
export const aTrigger = make('eventing.knative.dev/v1', 'Trigger');
export const aPingSource = make('sources.knative.dev/v1', 'PingSource');
export const aKafkaSource = make('sources.knative.dev/v1', 'KafkaSource');
export const aSinkBinding = make('sources.knative.dev/v1', 'SinkBinding');

export const template = (env: object[] = []) => ({
  template: { spec: { containers: [{ image: 'dev.local/orders:dev', ...(env.length > 0 && { env }) }] } },
});

export const serviceRef = (name: string) => ({ apiVersion: 'serving.knative.dev/v1', kind: 'Service', name });
export const brokerRef = (name: string) => ({ apiVersion: 'eventing.knative.dev/v1', kind: 'Broker', name });

/** The objects as a store holds them, without one. */
export const readerOf = (...objects: NewObject[]): Reader => {
  const memory = createMemory();
  memory.apply(
    objects.map((object, index) => ({ kind: kindOf(object), now: stored(object, index), revision: index })),
  );
  return memory;
};

const stored = (object: NewObject, index: number): KubeObject => ({
  ...object,
  metadata: {
    uid: `uid-${index}`,
    resourceVersion: String(index),
    creationTimestamp: '2024-01-01T00:00:00Z',
    ...object.metadata,
  },
});
