import { frozen } from '../store/json.ts';
import { kindInfo, kindOf } from '../store/kinds.ts';
import { notFound } from '../store/status-error.ts';
import type { AdmissionRequest, Admit, KubeObject, NewObject } from '../store/types.ts';
import type { Flaw } from './flaw.ts';
import type { AnyKindAdmission, Situation } from './kind-admission.ts';
import { admissionOf } from './kinds.ts';
import { metadataFlaws } from './metadata.ts';
import { refusal } from './refusal.ts';
import { checkDepth, checkShape, withoutNulls } from './shape.ts';

/** A step before the defaults that may change an object by what else there is: on a cluster, too, its webhook is asked first. */
export type Mutator = (request: Pick<AdmissionRequest, 'kind' | 'object' | 'read'>) => NewObject;

/** Shape, mutators, defaults, rules: what the API server and the webhooks of a cluster do with every create and update. */
export const createAdmission =
  ({ mutators = [] }: { mutators?: Mutator[] } = {}): Admit =>
  ({ kind, object, old, read, user, warn }) => {
    const info = kindInfo(kind);
    const { name, namespace } = object.metadata;
    if (info.namespaced && !old && !read.get('Namespace', undefined, namespace ?? '')) {
      throw notFound(kindInfo('Namespace'), namespace ?? '');
    }
    const mutate = (given: NewObject) =>
      mutators.reduce((changed, mutator) => mutator({ kind, object: changed, read }), given);
    const { admitted, flaws, warnings } = examine(object, { old, user }, mutate);
    if (flaws.length > 0) throw refusal(info, name, flaws);
    for (const warning of warnings) warn(warning);
    return admitted;
  };

export interface Examination {
  /** With defaults; as given where its shape is wrong. */
  admitted: NewObject;
  flaws: Flaw[];
  warnings: string[];
}

/** Looks at one object for itself, whatever else there is: all that is wrong with it, not the first thing only. */
export const examine = (
  given: NewObject,
  situation: Situation<KubeObject> = { old: undefined, user: undefined },
  mutate: (object: NewObject) => NewObject = (object) => object,
): Examination => {
  const kind = kindOf(given);
  const admission = admissionOf.get(kind);
  if (!admission) throw new Error(`no admission for ${kind}`);
  const tooDeep = checkDepth(given);
  if (tooDeep.length > 0) return { admitted: given, flaws: tooDeep, warnings: [] };
  const object = withoutNulls(given);
  const shape = shapeOf(admission, object);
  if (shape.length > 0) return { admitted: object, flaws: shape, warnings: [] };
  const admitted = frozen(admission.defaults(mutate(object), situation));
  return { admitted, flaws: admission.rules(admitted, situation), warnings: admission.warnings(admitted) };
};

const shapeOf = ({ schema, name }: AnyKindAdmission, object: NewObject): Flaw[] => {
  const flaws = checkShape(schema, object);
  const readable = !flaws.some((flaw) => flaw.paths.some(([first]) => first === 'metadata'));
  return readable ? [...flaws, ...metadataFlaws(object, name)] : flaws;
};
