import { frozen, sameJson } from './json.ts';
import { apiVersionOf, type KindInfo } from './kinds.ts';
import type { KubeObject, NewObject, ObjectMeta } from './types.ts';

/** What of an object's metadata is the server's. */
export const serverFields = ({ metadata }: KubeObject) => {
  const { name, namespace, uid, resourceVersion, generation, creationTimestamp } = metadata;
  return { name, namespace, uid, resourceVersion, generation, creationTimestamp };
};

type ServerFields = Partial<ObjectMeta> &
  Pick<ObjectMeta, 'name' | 'uid' | 'resourceVersion' | 'creationTimestamp'>;

/** The object with the server's metadata instead of what it came with. */
export const stamped = (
  info: KindInfo,
  object: NewObject,
  server: { [field in keyof ServerFields]: ServerFields[field] | undefined },
): KubeObject => {
  const { deletionTimestamp, generation, ...metadata } = object.metadata;
  const { apiVersion: _, kind: __, metadata: ___, ...fields } = object;
  return frozen({
    apiVersion: apiVersionOf(info),
    kind: info.name,
    metadata: { ...withoutEmpty(metadata), ...server } as ObjectMeta,
    ...fields,
  });
};

/** As Go writes metadata: maps and lists without entries are left out. */
const withoutEmpty = (metadata: object): object =>
  Object.fromEntries(
    Object.entries(metadata).filter(
      ([, value]) => typeof value !== 'object' || value === null || Object.keys(value).length > 0,
    ),
  );

/** Equal but for metadata and status. */
export const sameSpec = (a: KubeObject, b: KubeObject): boolean =>
  sameJson(
    { ...a, metadata: undefined, status: undefined },
    { ...b, metadata: undefined, status: undefined },
  );
