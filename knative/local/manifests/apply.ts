import { examine } from '../admission/admission.ts';
import type { Path } from '../admission/flaw.ts';
import { sameJson } from '../store/json.ts';
import { kindOf } from '../store/kinds.ts';
import { isRefusal, StatusError } from '../store/status-error.ts';
import type { Kind, KubeObject, NewObject, Store } from '../store/types.ts';
import { lastApplied, statedBy, withLastApplied } from './last-applied.ts';
import { type Manifest, mistakesOf } from './manifest.ts';
import { ManifestError, type Mistake } from './manifest-error.ts';
import { mergeThreeWay } from './merge.ts';
import { type Stamp, stamped } from './stamp.ts';

/** A SinkBinding stands before the Service it binds, or the Service would get a second Revision. */
const order: readonly Kind[] = [
  'Namespace',
  'ConfigMap',
  'Secret',
  'Service',
  'SinkBinding.sources.knative.dev',
  'Broker.eventing.knative.dev',
  'Configuration.serving.knative.dev',
  'Revision.serving.knative.dev',
  'Route.serving.knative.dev',
  'Service.serving.knative.dev',
  'DomainMapping.serving.knative.dev',
  'Trigger.eventing.knative.dev',
  'PingSource.sources.knative.dev',
  'KafkaSource.sources.knative.dev',
];

export interface ApplyOptions {
  stamp?: Stamp;
  /** For Knative's creator annotations. */
  user?: string;
}

export interface Applied {
  created: KubeObject[];
  changed: KubeObject[];
  unchanged: KubeObject[];
  /** What is taken but not honoured, each with its object. */
  warnings: string[];
}

/**
 * Brings the store to what the manifests say, keeping what was changed through the API. Everything is checked first:
 * throws ManifestError, and nothing is written, where anything is wrong.
 */
export const applyManifests = async (
  store: Store,
  manifests: readonly Manifest[],
  { stamp, user }: ApplyOptions = {},
): Promise<Applied> => {
  const merge = (manifest: Manifest) => merged(store, manifest, stamp);
  const mistakes = manifests.flatMap((manifest) => [
    ...mistakesOf(manifest, examine(merge(manifest).object, { old: merge(manifest).old, user }).flaws),
    ...lostInNowhere(store, manifests, manifest),
  ]);
  if (mistakes.length > 0) throw new ManifestError(mistakes);

  const applied: Applied = { created: [], changed: [], unchanged: [], warnings: [] };
  const applyOne = async (manifest: Manifest) => {
    const { kind, metadata } = manifest.object;
    const warn = (message: string) => applied.warnings.push(`${kind} "${metadata.name}": ${message}`);
    const { result, object } = await write(store, () => merge(manifest), {
      ...(user !== undefined && { user }),
      warn,
    });
    applied[result].push(object);
  };
  for (const kind of order) {
    const ofKind = manifests.filter((manifest) => kindOf(manifest.object) === kind);
    const outcomes = await Promise.allSettled(ofKind.map(applyOne));
    const refused = outcomes.flatMap((outcome, index) => refusalOf(outcome, ofKind[index]));
    if (refused.length > 0) throw new ManifestError(refused);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }
  return applied;
};

interface Merged {
  object: NewObject;
  old: KubeObject | undefined;
}

const merged = (store: Store, { object: yaml }: Manifest, stamp: Stamp = () => undefined): Merged => {
  const { name, namespace } = yaml.metadata;
  const old = store.get(kindOf(yaml), namespace, name);
  if (!old) return { object: stamped(withLastApplied(yaml, yaml), yaml, stamp), old };
  const before = lastApplied(old);
  const { status: _, ...now } = old;
  const object = mergeThreeWay(before && withMaps(before), withMaps(yaml), withMaps(now)) as NewObject;
  const same = sameJson(before, statedBy(yaml));
  return { object: stamped(same ? object : withLastApplied(object, yaml), yaml, stamp), old };
};

/** YAML that names no label at all takes none away that others gave. */
const withMaps = <T extends NewObject>(object: T): T => {
  const { labels = {}, annotations = {} } = object.metadata;
  return { ...object, metadata: { ...object.metadata, labels, annotations } };
};

/** Merges again where somebody else wrote in between. */
const write = async (
  store: Store,
  merge: () => Merged,
  options: { user?: string; warn(message: string): void },
) => {
  for (let tries = 0; ; tries++) {
    const { object, old } = merge();
    try {
      if (!old) return { result: 'created' as const, object: await store.create(object, options) };
      const written = await store.update(object, options);
      return {
        result:
          written.metadata.resourceVersion === old.metadata.resourceVersion
            ? ('unchanged' as const)
            : ('changed' as const),
        object: written,
      };
    } catch (error) {
      const raced =
        error instanceof StatusError && (error.reason === 'Conflict' || error.reason === 'AlreadyExists');
      if (!raced || tries === 5) throw error;
    }
  }
};

const lostInNowhere = (store: Store, manifests: readonly Manifest[], manifest: Manifest): Mistake[] => {
  const { namespace } = manifest.object.metadata;
  const path: Path = ['metadata', 'namespace'];
  const known =
    namespace === undefined ||
    store.get('Namespace', undefined, namespace) ||
    manifests.some(({ object }) => object.kind === 'Namespace' && object.metadata.name === namespace);
  return known
    ? []
    : mistakesOf(manifest, [
        {
          kind: 'rule',
          paths: [path],
          message: `namespaces "${namespace}" not found: add a Namespace "${namespace}"`,
        },
      ]);
};

const refusalOf = (outcome: PromiseSettledResult<void>, manifest: Manifest | undefined): Mistake[] =>
  outcome.status === 'rejected' && isRefusal(outcome.reason) && manifest
    ? [{ file: manifest.file, line: manifest.line([]), message: outcome.reason.message }]
    : [];
