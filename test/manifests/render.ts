import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { kubectl } from '../acceptance/support/tools.ts';

const folder = join(import.meta.dirname, '../../knative/manifests');

/** An object as kustomize prints it; what is asked of one that has no such field is a test's failure. */
// biome-ignore lint/suspicious/noExplicitAny: manifests are of any kind
export type Rendered = { apiVersion: string; kind: string; metadata: any; [field: string]: any };

/** What `kubectl apply -k` would send for a folder, of knative/manifests unless its path is absolute. */
export const render = async (path: string): Promise<Rendered[]> => {
  const { stdout } = await promisify(execFile)(`${kubectl}`, ['kustomize', resolve(folder, path)]);
  return parseAllDocuments(stdout).map((document) => document.toJS());
};

export const isFunction = ({ apiVersion, kind }: Rendered): boolean =>
  apiVersion === 'serving.knative.dev/v1' && kind === 'Service';

export const nameOf = ({ kind, metadata }: Rendered): string => `${kind} ${metadata.name}`;

/** The template of everything that becomes pods. */
export const podTemplates = (objects: readonly Rendered[]): { name: string; spec: Rendered['spec'] }[] =>
  objects.flatMap((object) => {
    const spec = object.spec?.template?.spec;
    return spec?.containers ? [{ name: nameOf(object), spec }] : [];
  });

export interface Reference {
  /** `Secret orders-db/url`; without a key where all of it is meant. */
  to: string;
  /** Pods run without it, too. */
  optional: boolean;
}

/** Each ConfigMap and Secret that pods read. */
export const references = (spec: Rendered['spec']): Reference[] => [
  ...spec.containers.flatMap(({ env = [], envFrom = [] }: Rendered['spec']) => [
    ...env.flatMap(({ valueFrom = {} }: Rendered['spec']) => [
      ...named('Secret', valueFrom.secretKeyRef, [valueFrom.secretKeyRef]),
      ...named('ConfigMap', valueFrom.configMapKeyRef, [valueFrom.configMapKeyRef]),
    ]),
    ...envFrom.flatMap(({ secretRef, configMapRef }: Rendered['spec']) => [
      ...named('Secret', secretRef),
      ...named('ConfigMap', configMapRef),
    ]),
  ]),
  ...(spec.volumes ?? []).flatMap((volume: Rendered['spec']) =>
    [volume, ...(volume.projected?.sources ?? [])].flatMap(({ secret, configMap }) => [
      ...named('Secret', secret, secret?.items),
      ...named('ConfigMap', configMap, configMap?.items),
    ]),
  ),
];

const named = (kind: string, source?: Rendered['spec'], items?: { key: string }[]): Reference[] => {
  if (!source) return [];
  const keys = items?.map(({ key }) => `/${key}`) ?? [''];
  const { optional = false } = source;
  return keys.map((key) => ({ to: `${kind} ${source.secretName ?? source.name}${key}`, optional }));
};
