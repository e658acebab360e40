import type { KubeObject, NewObject } from '../../knative/local/store/types.ts';
import { containersOf } from './overlay.ts';
import { type ImagePlan, planImages, withImages } from './references.ts';
import { type KeptImage, keepStanding, wasReady } from './standing-services.ts';

export interface PlanSettings {
  /** Each image's content. */
  tags: ReadonlyMap<string, string>;
  /** For all images, in place of their content. */
  tag?: string;
  registry?: string;
  now: string;
}

export interface Plan {
  /** To be applied, images set. */
  objects: NewObject[];
  /** To be built; what a Service runs already is not among them. */
  images: ImagePlan[];
  kept: KeptImage[];
}

export const planDeployment = (
  rendered: readonly NewObject[],
  standing: readonly KubeObject[],
  { tags, tag, registry, now }: PlanSettings,
): Plan => {
  const wanted = tag === undefined ? tags : new Map([...tags.keys()].map((name) => [name, tag]));
  const images = planImages(rendered, { tags: wanted, ...(registry !== undefined && { registry }) });
  const running = new Set(
    standing
      .filter(wasReady)
      .flatMap(containersOf)
      .map(({ image }) => image),
  );
  return {
    ...keepStanding(withImages(rendered, images), standing, now),
    images: images.filter(({ reference }) => !running.has(reference)),
  };
};
