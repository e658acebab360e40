import type { Store } from '../../store/types.ts';
import { readObject } from '../http/body.ts';
import type { ApiResponse } from '../http/exchange.ts';
import type { Call } from './call.ts';
import { givenFor, named, withoutUnknown } from './given.ts';
import { writeOptions } from './options.ts';
import { presentObject } from './present.ts';

export const create = async (store: Store, call: Call): Promise<ApiResponse> => {
  const options = writeOptions(call, 'CreateOptions');
  const given = givenFor(call, await readObject(call.request));
  const object = named(call, withoutUnknown(call, given, 'CreateOptions'));
  return presentObject(call, await store.create(object, options), 201);
};
