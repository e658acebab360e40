import type { Store } from '../../store/types.ts';
import { readObject } from '../http/body.ts';
import type { ApiResponse } from '../http/exchange.ts';
import type { Schemas } from '../ports.ts';
import type { Call } from './call.ts';
import { givenFor, inStandingNamespace, named, withoutUnknown } from './given.ts';
import { writeOptions } from './options.ts';
import { presentObject } from './present.ts';

export interface WriteParts {
  store: Store;
  schemas: Schemas;
}

export const create = async ({ store, schemas }: WriteParts, call: Call): Promise<ApiResponse> => {
  const options = writeOptions(call, 'CreateOptions');
  const given = givenFor(call, await readObject(call.request));
  const object = named(call, withoutUnknown(schemas, call, given, 'CreateOptions'));
  inStandingNamespace(call, store);
  return presentObject(call, await store.create(object, options), 201);
};
