import type { NewObject } from '../../knative/local/store/types.ts';
import { containersOf } from './overlay.ts';

/** An image of ours as the cluster shall name it. */
export interface ImagePlan {
  /** Of the function, or `migrate`. */
  name: string;
  reference: string;
}

export interface ReferenceSettings {
  /** The images that the repository builds, each with the tag it shall have. */
  tags: ReadonlyMap<string, string>;
  /** In place of the repository that the overlay names. */
  registry?: string;
}

/** What the overlay's images of ours are called, sorted by name. */
export const planImages = (
  objects: readonly NewObject[],
  { tags, registry }: ReferenceSettings,
): ImagePlan[] => {
  const plans = new Map<string, ImagePlan>();
  for (const { image } of objects.flatMap(containersOf)) {
    const { repository, name } = partsOf(image);
    const tag = tags.get(name);
    if (tag === undefined) continue;
    plans.set(name, { name, reference: `${registry ? `${registry}/${name}` : repository}:${tag}` });
  }
  return [...plans.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
};

/** The objects with these images in place of those of the same name; nothing of what is handed in is changed. */
export const withImages = (objects: readonly NewObject[], plans: readonly ImagePlan[]): NewObject[] => {
  const references = new Map(plans.map(({ name, reference }) => [name, reference]));
  return objects.map((object) => {
    if (!containersOf(object).some(({ image }) => references.has(partsOf(image).name))) return object;
    const copy = structuredClone(object);
    for (const container of containersOf(copy))
      container.image = references.get(partsOf(container.image).name) ?? container.image;
    return copy;
  });
};

const partsOf = (image: string) => {
  const [, repository = image] = /^(.*?)(?::[\w][\w.-]*)?(?:@sha256:[0-9a-f]+)?$/.exec(image) ?? [];
  return { repository, name: repository.split('/').at(-1) ?? '' };
};
