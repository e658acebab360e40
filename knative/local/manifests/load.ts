import { examine } from '../admission/admission.ts';
import { withoutNulls } from '../admission/shape.ts';
import { similar } from '../admission/similar.ts';
import { apiVersionOf, findKind, type KindInfo, kinds } from '../store/kinds.ts';
import type { NewObject } from '../store/types.ts';
import { type Kustomization, transform } from './kustomization.ts';
import { type Manifest, mistakesOf } from './manifest.ts';
import { ManifestError, type Mistake } from './manifest-error.ts';
import { readFolder } from './read-folder.ts';
import type { YamlDocument } from './yaml-documents.ts';

/**
 * The objects of a folder's YAML, each checked by itself. `namespace` is for objects that name none.
 * Throws ManifestError with all that is wrong in all files.
 */
export const loadManifests = async (
  path: string,
  { namespace = 'default' }: { namespace?: string } = {},
): Promise<Manifest[]> => {
  const { documents, mistakes } = await readFolder(path);
  const results = documents.flatMap(({ document, through }) =>
    itemsOf(document).map((item) => readObject(item, through, namespace)),
  );
  const manifests = results.flatMap((result) => (result.manifest ? [result.manifest] : []));
  const all = [...mistakes, ...results.flatMap((result) => result.mistakes), ...duplicates(manifests)];
  if (all.length > 0) throw new ManifestError(all.toSorted(byPlace));
  return manifests;
};

const byPlace = (a: Mistake, b: Mistake) =>
  a.file === b.file ? (a.line ?? 0) - (b.line ?? 0) : a.file < b.file ? -1 : 1;

/** A List stands for its items. */
const itemsOf = (document: YamlDocument): YamlDocument[] => {
  const list = document.value as { kind?: unknown; items?: unknown };
  if (list.kind !== 'List' || !Array.isArray(list.items)) return [document];
  return list.items.map((value, index) => ({
    ...document,
    value,
    line: (path) => document.line(['items', index, ...path]),
  }));
};

interface Result {
  manifest?: Manifest;
  mistakes: Mistake[];
}

const readObject = (document: YamlDocument, through: Kustomization[], namespace: string): Result => {
  const value = withoutNulls(document.value);
  const info = kindOrMistake(document, value);
  if (!('kind' in info)) return { mistakes: [info.mistake] };
  const given = withMetadata(value as NewObject);
  const transformed = through.reduce(
    (object, kustomization) => transform(object, info.kind, kustomization),
    given,
  );
  const placed = info.namespaced && !transformed.metadata.namespace ? { namespace } : {};
  const object = { ...transformed, metadata: { ...transformed.metadata, ...placed } };
  const { flaws } = examine(object);
  if (flaws.length > 0) return { mistakes: mistakesOf(document, flaws) };
  return { manifest: { object, file: document.file, line: document.line }, mistakes: [] };
};

const kindOrMistake = (document: YamlDocument, value: unknown): KindInfo | { mistake: Mistake } => {
  const mistake = (path: string, message: string) => ({
    mistake: { file: document.file, line: document.line([path]), ...(path && { path }), message },
  });
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return mistake('', 'expected an object with apiVersion and kind');
  const { apiVersion, kind } = value as { apiVersion?: unknown; kind?: unknown };
  if (typeof apiVersion !== 'string') return mistake('apiVersion', 'Required value');
  if (typeof kind !== 'string') return mistake('kind', 'Required value');
  const info = findKind({ apiVersion, kind });
  if (info) return info;
  const named = kinds.filter((other) => other.name === kind).map(apiVersionOf);
  if (named.length > 0)
    return mistake('apiVersion', `no ${kind} in ${apiVersion}; ${kind} is served in ${named.join(' and ')}`);
  const meant = similar(
    kind,
    kinds.map((other) => other.name),
  );
  const hint = meant
    ? `; did you mean ${meant}?`
    : `: served are ${kinds.map((other) => other.name).join(', ')}`;
  return mistake('kind', `${apiVersion} ${kind} is not served by the local runtime${hint}`);
};

/** Metadata that is no object would break what is done to it before it is examined. */
const withMetadata = (object: NewObject): NewObject =>
  isObject(object.metadata) && (object.metadata.labels === undefined || isObject(object.metadata.labels))
    ? object
    : { ...object, metadata: {} as NewObject['metadata'] };

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const duplicates = (manifests: Manifest[]): Mistake[] => {
  const first = new Map<string, Manifest>();
  return manifests.flatMap((manifest) => {
    const { apiVersion, kind, metadata } = manifest.object;
    const id = [apiVersion, kind, metadata.namespace, metadata.name].join(' ');
    const other = first.get(id);
    if (!other) first.set(id, manifest);
    const at = (one: Manifest) => `${one.file}:${one.line(['metadata', 'name'])}`;
    return other
      ? [
          {
            file: manifest.file,
            line: manifest.line(['metadata', 'name']),
            path: 'metadata.name',
            message: `${kind} "${metadata.name}" stands at ${at(other)}, too`,
          },
        ]
      : [];
  });
};
