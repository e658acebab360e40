import type { AdmissionRequest, KubeObject, NewObject, Reader } from '../store/types.ts';
import { resolveDestination } from './destination.ts';
import { expectedAddress } from './expected-address.ts';
import { servingService, sinkBinding } from './kinds.ts';
import { selects } from './label-selector.ts';

/** On a Service: the SinkBinding whose variables stand in it. What a binding gave can be taken back after it is gone. */
export const boundBy = 'kagari.dev/sink-binding';

const given = ['K_SINK', 'K_CE_OVERRIDES', 'K_CA_CERTS'];

/**
 * The admission step of SinkBindings: a serving Service with K_SINK and K_CE_OVERRIDES of the binding that selects it
 * (the last by name, should several), or without what a binding gave that selects it no more.
 */
export const sinkBindingMutator = ({
  kind,
  object,
  read,
}: Pick<AdmissionRequest, 'kind' | 'object' | 'read'>): NewObject => {
  if (kind !== servingService || !Array.isArray(object.spec?.template?.spec?.containers)) return object;
  const binding = bindingsOf(read, object).at(-1);
  if (!binding) return object.metadata.annotations?.[boundBy] ? unbound(object) : object;
  const sink = sinkOf(read, binding);
  if (!sink) return object;
  const overrides = binding.spec.ceOverrides && JSON.stringify(binding.spec.ceOverrides);
  const variables = [
    { name: 'K_SINK', value: sink },
    // Kubernetes leaves an empty value out
    { name: 'K_CE_OVERRIDES', ...(overrides && { value: overrides }) },
  ];
  return withVariables(object, variables, {
    ...object.metadata.annotations,
    [boundBy]: binding.metadata.name,
  });
};

/** The bindings that select a Service, by name. */
export const bindingsOf = (read: Reader, { metadata }: NewObject): KubeObject[] =>
  read.list(sinkBinding, metadata.namespace).filter((binding) => isSubject(binding, metadata));

/** Whether a binding selects the Service with this metadata. */
export const isSubject = (
  binding: KubeObject,
  { name, namespace, labels }: NewObject['metadata'],
): boolean => {
  const { subject } = binding.spec;
  if (subject.kind !== 'Service' || subject.apiVersion !== 'serving.knative.dev/v1') return false;
  if ((subject.namespace || binding.metadata.namespace) !== namespace) return false;
  if (subject.name) return subject.name === name;
  return subject.selector !== undefined && selects(subject.selector, labels);
};

// A sink that stops resolving is not taken away: the status has the last one.
const sinkOf = (read: Reader, { spec, metadata, status }: KubeObject): string | undefined =>
  resolveDestination(read, spec.sink, metadata.namespace ?? '', expectedAddress).url ?? status?.sinkUri;

const unbound = (object: NewObject): NewObject => {
  const { [boundBy]: _, ...annotations } = object.metadata.annotations ?? {};
  return withVariables(object, [], annotations);
};

const withVariables = (
  object: NewObject,
  variables: Variable[],
  annotations: Record<string, string>,
): NewObject => {
  const pod = object.spec.template.spec;
  const bound = (container: { env?: Variable[] }) => {
    const env = [...(container.env ?? []).filter(({ name }) => !given.includes(name)), ...variables];
    const { env: _, ...rest } = container;
    return env.length > 0 ? { ...rest, env } : rest;
  };
  return {
    ...object,
    metadata: { ...object.metadata, annotations },
    spec: {
      ...object.spec,
      template: {
        ...object.spec.template,
        spec: {
          ...pod,
          ...(pod.initContainers && { initContainers: pod.initContainers.map(bound) }),
          containers: pod.containers.map(bound),
        },
      },
    },
  };
};

interface Variable {
  name: string;
  value?: string;
  valueFrom?: object;
}
