import { kindOf } from '../store/kinds.ts';
import { StatusError } from '../store/status-error.ts';
import type { KubeObject, NewObject, Store } from '../store/types.ts';
import { merge } from './merge.ts';

/** Where kubectl keeps what it applied last; ours is readable to it. */
export const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';
/** The digest of the image that a template was started with: new code under an old tag is a new revision. */
export const bundleAnnotation = 'kagari.dev/bundle';

/** What others refer to comes first: a Service made before its SinkBinding would have a second revision. */
const order = [
  'Namespace',
  'ConfigMap',
  'Secret',
  'Broker',
  'SinkBinding',
  'Service',
  'DomainMapping',
  'Trigger',
];

export interface ApplyOptions {
  /** The digest that an image reference means now; undefined leaves the template without a stamp. */
  stamp: (image: string) => string | undefined;
}

/** Brings the store to the manifests by three-way merge; what was changed through the API stays. */
export const applyManifests = async (
  store: Store,
  objects: readonly NewObject[],
  options: ApplyOptions,
): Promise<void> => {
  const rank = ({ kind }: NewObject) => (order.includes(kind) ? order.indexOf(kind) : order.length);
  for (const object of [...objects].sort((a, b) => rank(a) - rank(b))) await applyOne(store, object, options);
};

const applyOne = async (store: Store, desired: NewObject, options: ApplyOptions): Promise<void> => {
  for (;;) {
    const live = store.get(kindOf(desired), desired.metadata.namespace, desired.metadata.name);
    try {
      if (live) await store.update(stamped(merged(desired, live), desired, options));
      else await store.create(stamped(remembering(desired, desired), desired, options));
      return;
    } catch (error) {
      // Somebody wrote it between our look and our write: look again.
      const raced = error instanceof StatusError && ['Conflict', 'AlreadyExists'].includes(error.reason);
      if (!raced) throw error;
    }
  }
};

const merged = (desired: NewObject, live: KubeObject): NewObject => {
  const last: unknown = parse(live.metadata.annotations?.[lastAppliedAnnotation]);
  const { status: _, ...standing } = live;
  return remembering(merge(last, desired, standing) as NewObject, desired);
};

const remembering = (object: NewObject, desired: NewObject): NewObject => ({
  ...object,
  metadata: {
    ...object.metadata,
    annotations: { ...object.metadata.annotations, [lastAppliedAnnotation]: `${JSON.stringify(desired)}\n` },
  },
});

const stamped = (object: NewObject, desired: NewObject, { stamp }: ApplyOptions): NewObject => {
  const image = imageOf(desired);
  if (image === undefined || imageOf(object) !== image) return object;
  const digest = stamp(image);
  if (digest === undefined) return object;
  const { template } = object.spec;
  const annotations = { ...template.metadata?.annotations, [bundleAnnotation]: digest };
  return {
    ...object,
    spec: { ...object.spec, template: { ...template, metadata: { ...template.metadata, annotations } } },
  };
};

const imageOf = ({ apiVersion, kind, spec }: NewObject): string | undefined =>
  apiVersion === 'serving.knative.dev/v1' && kind === 'Service'
    ? spec?.template?.spec?.containers?.[0]?.image
    : undefined;

const parse = (text: string | undefined): unknown => {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
};
