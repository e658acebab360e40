import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseYaml } from '../../knative/local/manifests/yaml-documents.ts';
import type { KubeObject, NewObject } from '../../knative/local/store/types.ts';
import type { Kubectl } from './kubectl.ts';

/** `Service.serving.knative.dev`; the core group has no suffix. */
export const kindOf = ({ apiVersion, kind }: Pick<KubeObject, 'apiVersion' | 'kind'>): string => {
  const [, group] = /^(.+)\/[^/]+$/.exec(apiVersion) ?? [];
  return group ? `${kind}.${group}` : kind;
};

/** As kubectl names the resource of a kind: `services.serving.knative.dev`. */
export const resourceOf = (kind: string): string => {
  const [name = '', ...group] = kind.toLowerCase().split('.');
  const plural = /[^aeiou]y$/.test(name)
    ? `${name.slice(0, -1)}ies`
    : `${name}${/(s|x|ch)$/.test(name) ? 'es' : 's'}`;
  return [plural, ...group].join('.');
};

/** `Service orders`, for messages. */
export const nameOf = ({
  kind,
  metadata,
}: Pick<KubeObject, 'kind'> & { metadata: { name: string } }): string => `${kind} ${metadata.name}`;

/** What a kustomize folder makes, as kubectl itself renders it. */
export const renderOverlay = async (kubectl: Kubectl, folder: string): Promise<NewObject[]> => {
  const text = await kubectl.run(['kustomize', folder]);
  const { documents, mistakes } = parseYaml(folder, text);
  if (mistakes[0]) throw new Error(`${folder}: ${mistakes[0].message}`);
  return documents.map(({ value }) => value as NewObject);
};

/** Without the overlay's own database, where another is given. */
export const withoutDatabase = (objects: readonly NewObject[]): NewObject[] =>
  objects.filter(({ metadata }) => metadata.name !== 'postgres');

/** The folder of an overlay by its name, or any folder with a kustomization. */
export const overlayFolder = async (root: string, nameOrFolder: string): Promise<string> => {
  const places = [
    ...(/^[\w-]+$/.test(nameOrFolder) ? [join(root, 'knative/manifests/overlays', nameOrFolder)] : []),
    resolve(nameOrFolder),
  ];
  for (const place of places)
    if (await stat(join(place, 'kustomization.yaml')).catch(() => undefined)) return place;
  throw new Error(
    `--overlay is ${nameOrFolder}: there is no kustomization.yaml in ${places.join(', nor in ')}`,
  );
};

export interface Container {
  image: string;
  resources?: { requests?: Record<string, string> };
}

/** The template of an object that makes pods. */
export const podTemplate = (object: NewObject) =>
  object.spec?.template?.spec?.containers ? object.spec.template : undefined;

export const containersOf = (object: NewObject): Container[] => podTemplate(object)?.spec.containers ?? [];

export const isService = (object: Pick<KubeObject, 'apiVersion' | 'kind'>): boolean =>
  kindOf(object) === 'Service.serving.knative.dev';
