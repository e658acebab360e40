import type { NewObject } from '../store/types.ts';

/** On a Service's template: the digest of the bundle that its image's name stands for, so that new code is a new Revision. */
export const bundleAnnotation = 'kagari.dev/bundle';

/** The digest of an image that this repository builds, undefined for others. */
export type Stamp = (image: string) => string | undefined;

/** The Service with its stamp, while its image is still the YAML's and its Revisions' names are Knative's to give. */
export const stamped = (object: NewObject, yaml: NewObject, stamp: Stamp): NewObject => {
  const template = object.spec?.template;
  const image = imageOf(object);
  if (object.kind !== 'Service' || !image || image !== imageOf(yaml) || template.metadata?.name)
    return object;
  const digest = stamp(image);
  if (!digest) return object;
  const annotations = { ...template.metadata?.annotations, [bundleAnnotation]: digest };
  return {
    ...object,
    spec: { ...object.spec, template: { ...template, metadata: { ...template.metadata, annotations } } },
  };
};

const imageOf = (object: NewObject): string | undefined =>
  object.spec?.template?.spec?.containers?.[0]?.image;
