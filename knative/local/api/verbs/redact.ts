import type { KubeObject } from '../../store/types.ts';
import type { Call } from './call.ts';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** What this user may see of an object: of a Secret the console sees the names of its values only. */
export const redactFor = (
  { user, resource }: Pick<Call, 'user' | 'resource'>,
  object: KubeObject,
): KubeObject => (user === 'admin' || resource.kind !== 'Secret' ? object : withoutValues(object));

const withoutValues = ({ data, stringData: _, metadata, ...secret }: KubeObject): KubeObject => {
  const { [lastApplied]: __, ...annotations } = metadata.annotations ?? {};
  return {
    ...secret,
    metadata: { ...metadata, ...(metadata.annotations && { annotations }) },
    ...(data && { data: Object.fromEntries(Object.keys(data).map((key) => [key, ''])) }),
  } as KubeObject;
};
