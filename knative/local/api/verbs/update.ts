import { invalid } from '../../store/status-error.ts';
import type { NewObject, Store } from '../../store/types.ts';
import { readObject } from '../http/body.ts';
import type { ApiResponse } from '../http/exchange.ts';
import type { NamedCall } from './call.ts';
import { givenFor, withoutUnknown } from './given.ts';
import { writeOptions } from './options.ts';
import { presentObject } from './present.ts';
import { standing } from './read.ts';

/** PUT: the whole object, or its status, over the version it names. */
export const update = async (store: Store, call: NamedCall): Promise<ApiResponse> => {
  const options = writeOptions(call, 'UpdateOptions');
  const given = givenFor(call, await readObject(call.request));
  standing(call);
  namesVersion(call, given);
  const object = withoutUnknown(call, given, 'UpdateOptions');
  const written =
    call.path.subresource === 'status' ? store.updateStatus(object, options) : store.update(object, options);
  return presentObject(call, await written);
};

/** Custom kinds are never overwritten blindly; ConfigMaps and the like may be. */
const namesVersion = ({ resource }: NamedCall, { metadata }: NewObject) => {
  if (!resource.group || metadata.resourceVersion) return;
  throw invalid(resource, metadata.name, [
    {
      reason: 'FieldValueInvalid',
      field: 'metadata.resourceVersion',
      message: 'Invalid value: 0: must be specified for an update',
    },
  ]);
};
