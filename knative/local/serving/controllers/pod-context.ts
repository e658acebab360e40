import { posix } from 'node:path';
import type {
  Container,
  RevisionSpec as Template,
  Volume as VolumeSpec,
} from '../../admission/serving/pod-schema.ts';
import type { KubeObject, Reader } from '../../store/types.ts';
import { StartError } from '../pods/failure.ts';
import type { PodContext, Volume } from '../ports.ts';
import { expand } from './expand.ts';

type Variable = NonNullable<Container['env']>[number];
type Source = { kind: 'ConfigMap' | 'Secret'; name: string; optional: boolean | undefined };
type Items = { key: string; path: string }[] | undefined;

/**
 * Environment and files of a pod that starts now, from the ConfigMaps and Secrets as they are. Throws a StartError that
 * says which of them is missing.
 */
export const resolvePodContext = (read: Reader, revision: KubeObject): PodContext => {
  const spec: Template = revision.spec;
  const container = spec.containers?.[0] ?? {};
  const namespace = revision.metadata.namespace ?? '';
  const data = (source: Source): Map<string, string> | undefined => dataOf(read, namespace, source);
  return {
    env: environment(container, revision, data),
    volumes: volumes(container, spec.volumes ?? [], data),
  };
};

type Data = (source: Source) => Map<string, string> | undefined;

const environment = (
  { env = [], envFrom = [] }: Container,
  revision: KubeObject,
  data: Data,
): Record<string, string> => {
  const found = new Map<string, string>();
  for (const { prefix = '', configMapRef, secretRef } of envFrom) {
    const reference = configMapRef ?? secretRef;
    if (!reference) continue;
    const kind = configMapRef ? 'ConfigMap' : 'Secret';
    const values = data({ kind, name: reference.name, optional: reference.optional });
    for (const [key, value] of values ?? []) found.set(prefix + key, value);
  }
  for (const variable of env) {
    const value = textOf(variable, revision, data, found);
    if (value !== undefined) found.set(variable.name, value);
  }
  return Object.fromEntries(found);
};

const textOf = (
  { name, value = '', valueFrom }: Variable,
  revision: KubeObject,
  data: Data,
  before: ReadonlyMap<string, string>,
): string | undefined => {
  if (!valueFrom) return expand(value, before);
  const { secretKeyRef, configMapKeyRef, fieldRef } = valueFrom;
  if (fieldRef) return fieldOf(revision, fieldRef.fieldPath, name);
  const reference = secretKeyRef ?? configMapKeyRef;
  if (!reference) return '';
  const kind = secretKeyRef ? 'Secret' : 'ConfigMap';
  const values = data({ kind, name: reference.name, optional: reference.optional });
  const found = values?.get(reference.key);
  if (found !== undefined || reference.optional) return found;
  throw missing(
    `couldn't find key ${reference.key} in ${kind} ${revision.metadata.namespace}/${reference.name}`,
  );
};

/** The fields that the downward API gives a container; a local pod has no node and no address of its own. */
const fieldOf = ({ metadata, spec }: KubeObject, path: string, variable: string): string => {
  const [, map, key = ''] = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(path) ?? [];
  if (map === 'labels') return metadata.labels?.[key] ?? '';
  if (map === 'annotations') return metadata.annotations?.[key] ?? '';
  const fields: Record<string, string> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace ?? '',
    'metadata.uid': metadata.uid,
    'spec.nodeName': 'localhost',
    'spec.serviceAccountName': spec.serviceAccountName ?? 'default',
    'status.hostIP': '127.0.0.1',
    'status.podIP': '127.0.0.1',
  };
  const value = fields[path];
  if (value === undefined) throw missing(`env ${variable}: the field ${path} is not served`);
  return value;
};

const volumes = ({ volumeMounts = [] }: Container, specs: VolumeSpec[], data: Data): Volume[] =>
  volumeMounts.flatMap(({ name, mountPath = '', subPath }) => {
    const spec = specs.find((volume) => volume.name === name);
    if (!spec || spec.emptyDir) return [];
    const files = filesOf(spec, data);
    if (!subPath) return [{ mountPath, files: Object.fromEntries(files) }];
    return [subVolume(mountPath, posix.normalize(subPath), files)];
  });

/** One file at the mount path itself, or what lies below a folder of the volume. */
const subVolume = (mountPath: string, subPath: string, files: Map<string, string>): Volume => {
  const file = files.get(subPath);
  if (file !== undefined)
    return { mountPath: posix.dirname(mountPath), files: { [posix.basename(mountPath)]: file } };
  const below = [...files].filter(([path]) => path.startsWith(`${subPath}/`));
  return {
    mountPath,
    files: Object.fromEntries(below.map(([path, text]) => [path.slice(subPath.length + 1), text])),
  };
};

const filesOf = ({ configMap, secret, projected }: VolumeSpec, data: Data): Map<string, string> => {
  const sources = projected?.sources ?? [
    { ...(configMap && { configMap }), ...(secret && { secret: { ...secret, name: secret.secretName } }) },
  ];
  return new Map(
    sources.flatMap((source) => {
      const kind = source.configMap ? 'ConfigMap' : 'Secret';
      const { name = '', items, optional } = source.configMap ?? source.secret ?? {};
      return [...selected(data({ kind, name, optional }), items, { kind, name, optional })];
    }),
  );
};

const selected = (
  values: Map<string, string> | undefined,
  items: Items,
  { kind, name, optional }: Source,
): Map<string, string> => {
  if (!items || !values) return values ?? new Map();
  return new Map(
    items.flatMap(({ key, path }) => {
      const value = values.get(key);
      if (value === undefined && !optional)
        throw missing(
          `references non-existent ${kind === 'Secret' ? 'secret' : 'config'} key: ${key} of ${kind} "${name}"`,
        );
      return value === undefined ? [] : [[posix.normalize(path), value] as const];
    }),
  );
};

/** All values as text; undefined where an optional one is not there. */
const dataOf = (
  read: Reader,
  namespace: string,
  { kind, name, optional }: Source,
): Map<string, string> | undefined => {
  const object = read.get(kind, namespace, name);
  if (!object && optional) return undefined;
  if (!object) throw missing(`${kind.toLowerCase()} "${name}" not found`);
  const binary: Record<string, string> = (kind === 'Secret' ? object.data : object.binaryData) ?? {};
  const plain: Record<string, string> = (kind === 'Secret' ? {} : object.data) ?? {};
  return new Map([
    ...Object.entries(plain),
    ...Object.entries(binary).map(([key, value]) => [key, decoded(value, `${kind} "${name}"`, key)] as const),
  ]);
};

const decoded = (base64: string, source: string, key: string): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(base64, 'base64'));
  } catch {
    throw missing(`key ${key} of ${source} is not UTF-8 text: pods get text only`);
  }
};

/** Kubernetes' reason for a container that cannot be made of its configuration. */
const missing = (message: string) => new StartError('CreateContainerConfigError', message);
