import { readyOf } from '../store/conditions.ts';
import { type Key, keyOf } from '../store/controller.ts';
import { findKind, kindOf } from '../store/kinds.ts';
import type { KubeObject, Reader } from '../store/types.ts';
import { kafkaSource, pingSource, sinkBinding, triggerKind } from './kinds.ts';

/** What DependencyReady says: without the annotation knative.dev/dependency a Trigger depends on nothing. */
export type Dependency =
  | { status: 'True' }
  | { status: 'False' | 'Unknown'; reason: string; message: string };

const annotation = 'knative.dev/dependency';

/** The state of the source that a Trigger's annotation names: an object reference as JSON, in its own namespace. */
export const dependencyOf = (store: Reader, { metadata }: KubeObject): Dependency => {
  const text = metadata.annotations?.[annotation];
  if (text === undefined) return { status: 'True' };
  const reference = parse(text);
  const kind = reference && findKind(reference)?.kind;
  if (!reference || !kind) {
    const message = `Unable to unmarshal objectReference from dependency annotation of trigger: ${text}`;
    return { status: 'False', reason: 'ReferenceError', message };
  }
  const source = store.get(kind, metadata.namespace, reference.name);
  if (!source) {
    const message = `Dependency does not exist: ${reference.kind} "${reference.name}" not found`;
    return { status: 'False', reason: 'DependencyDoesNotExist', message };
  }
  return readinessOf(source);
};

const readinessOf = (source: KubeObject): Dependency => {
  const { generation } = source.metadata;
  const observed = source.status?.observedGeneration;
  if (generation !== observed) {
    const message = `The dependency's metadata.generation, "${generation}", is not equal to its status.observedGeneration, "${observed}".`;
    return { status: 'Unknown', reason: 'GenerationNotEqual', message };
  }
  const ready = readyOf({ status: source.status });
  if (ready?.status === 'True') return { status: 'True' };
  const {
    status = 'Unknown',
    reason = 'DependencyNotConfigured',
    message = 'Dependency has not yet been reconciled.',
  } = ready ?? {};
  return { status: status === 'False' ? 'False' : 'Unknown', reason, message };
};

/** A controller's watches on sources: a change touches the Triggers that depend on it. */
export const watchDependencies = (store: Reader): { kind: string; keys: (source: KubeObject) => Key[] }[] => {
  const dependents = (source: KubeObject) =>
    store
      .list(triggerKind, source.metadata.namespace)
      .filter((trigger) => dependsOn(trigger, source))
      .map(keyOf);
  return [pingSource, sinkBinding, kafkaSource].map((kind) => ({ kind, keys: dependents }));
};

const dependsOn = ({ metadata }: KubeObject, source: KubeObject): boolean => {
  const reference = parse(metadata.annotations?.[annotation] ?? '');
  return reference?.name === source.metadata.name && findKind(reference)?.kind === kindOf(source);
};

const parse = (text: string): { apiVersion: string; kind: string; name: string } | undefined => {
  try {
    const { apiVersion, kind, name } = JSON.parse(text);
    return [apiVersion, kind, name].every((field) => typeof field === 'string')
      ? { apiVersion, kind, name }
      : undefined;
  } catch {
    return undefined;
  }
};
