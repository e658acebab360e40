import { sameJson } from '../../store/json.ts';
import { type Flaw, flawed, invalidValue } from '../flaw.ts';

export const creator = 'serving.knative.dev/creator';
export const lastModifier = 'serving.knative.dev/lastModifier';

interface Authored {
  metadata: { annotations?: Record<string, string> | undefined };
  spec?: unknown;
}

/** serving.SetUserInfo: who made an object, and who changed its spec last. */
export const withAuthor = <T extends Authored>(
  object: T,
  old: Authored | undefined,
  user: string | undefined,
): T => {
  if (user === undefined || (old && sameJson(old.spec, object.spec))) return object;
  const annotations = {
    ...object.metadata.annotations,
    ...(!old && { [creator]: user }),
    [lastModifier]: user,
  };
  return { ...object, metadata: { ...object.metadata, annotations } };
};

/** apis.ValidateCreatorAndModifier. */
export const authorFlaws = (object: Authored, old: Authored | undefined): Flaw[] => {
  if (!old) return [];
  const [now, before] = [object.metadata.annotations ?? {}, old.metadata.annotations ?? {}];
  const path = ['metadata', 'annotations'];
  return [
    ...(now[creator] === before[creator]
      ? []
      : [flawed('annotation value is immutable', [...path, creator])]),
    ...(now[lastModifier] !== before[lastModifier] && sameJson(object.spec, old.spec)
      ? [invalidValue(now[lastModifier] ?? '', [...path, lastModifier])]
      : []),
  ];
};
