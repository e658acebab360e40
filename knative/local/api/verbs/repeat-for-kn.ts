import type { KubeObject } from '../../store/types.ts';
import { onlyName } from '../select/field-selector.ts';
import type { Call } from './call.ts';

/**
 * kn reads an object, then waits for it to be changed from there: to a condition that is final already, which here takes
 * milliseconds, it waits for minutes. So its watch of one object begins with the object as it read it.
 */
export const repeatForKn = ({ request, source, path }: Call, from: string): KubeObject | undefined => {
  if (from === '' || !/^kn[-/]/.test(request.header('user-agent') ?? '')) return undefined;
  const name = onlyName(request.query.get('fieldSelector') ?? '');
  const object = name === undefined ? undefined : source.get(path.namespace, name);
  return object && Number(object.metadata.resourceVersion) <= Number(from) ? object : undefined;
};
