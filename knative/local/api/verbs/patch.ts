import { apiVersionOf } from '../../store/kinds.ts';
import { badRequest, invalid, StatusError } from '../../store/status-error.ts';
import type { KubeObject, Store, WriteOptions } from '../../store/types.ts';
import { decode, mediaType, objectOnly, parseJson, parseYaml, unsupported } from '../http/body.ts';
import type { ApiResponse } from '../http/exchange.ts';
import type { Json } from '../patch/json.ts';
import { jsonPatch, PatchFailed, parseOperations } from '../patch/json-patch.ts';
import { mergePatch } from '../patch/merge-patch.ts';
import { strategicMerge } from '../patch/strategic-merge.ts';
import type { NamedCall } from './call.ts';
import { givenFor, withoutUnknown } from './given.ts';
import { writeOptions } from './options.ts';
import { presentObject } from './present.ts';
import { standing } from './read.ts';

type Change = (object: Json) => Json;

const attempts = 5;
const operationsLimit = 10_000;

/** PATCH of an object, or of its status; where another write came between, over what that one left. */
export const patch = async (store: Store, call: NamedCall): Promise<ApiResponse> => {
  const options = writeOptions(call, 'PatchOptions');
  const media = mediaType(call.request);
  const text = decode(await call.request.body());
  if (media === 'application/apply-patch+yaml') return apply(store, call, parseYaml(text), options);
  const change = changeOf(call, media, text);
  return presentObject(call, await write(store, call, change, options));
};

const changeOf = ({ resource }: NamedCall, media: string, text: string): Change => {
  switch (media) {
    case 'application/json-patch+json':
      return byOperations(text);
    case 'application/merge-patch+json': {
      const body = objectOnly(parseJson(text));
      return (object) => mergePatch(object, body);
    }
    case 'application/strategic-merge-patch+json': {
      if (resource.group) break;
      const body = objectOnly(parseJson(text));
      return (object) => strategicMerge(object, body);
    }
  }
  const core = resource.group ? [] : ['application/strategic-merge-patch+json'];
  throw unsupported([
    'application/json-patch+json',
    'application/merge-patch+json',
    ...core,
    'application/apply-patch+yaml',
  ]);
};

const byOperations = (text: string): Change => {
  let operations: ReturnType<typeof parseOperations>;
  try {
    operations = parseOperations(parseJson(text));
  } catch (error) {
    if (error instanceof SyntaxError) throw badRequest(`error decoding patch: ${error.message}`);
    throw error;
  }
  if (operations.length > operationsLimit)
    throw new StatusError(
      'RequestEntityTooLarge',
      `Request entity too large: The allowed maximum operations in a JSON patch is ${operationsLimit}, got ${operations.length}`,
    );
  return (object) => {
    try {
      return jsonPatch(object, operations);
    } catch (error) {
      if (!(error instanceof PatchFailed)) throw error;
      const message = `the server rejected our request due to an error in our request: ${error.message}`;
      throw new StatusError('Invalid', message);
    }
  };
};

/** Server-side apply, as a merge; what is not there yet is made. */
const apply = async (
  store: Store,
  call: NamedCall,
  body: Json,
  options: WriteOptions,
): Promise<ApiResponse> => {
  const { request, resource, path, source } = call;
  if (!request.query.get('fieldManager'))
    throw invalid({ group: 'meta.k8s.io', name: 'PatchOptions', plural: '' }, '', [
      {
        reason: 'FieldValueRequired',
        field: 'fieldManager',
        message: 'Required value: is required for apply patch',
      },
    ]);
  const given = givenFor(call, {
    apiVersion: apiVersionOf(resource),
    kind: resource.name,
    ...objectOnly(body),
  });
  if (source.get(path.namespace, path.name) || path.subresource) {
    const change = (object: Json) => mergePatch(object, given as Json);
    return presentObject(call, await write(store, call, change, options));
  }
  const object = withoutUnknown(call, mergePatch({}, given as Json) as never, 'PatchOptions');
  return presentObject(call, await store.create(object, options), 201);
};

const write = async (
  store: Store,
  call: NamedCall,
  change: Change,
  options: WriteOptions,
): Promise<KubeObject> => {
  for (let attempt = 1; ; attempt++) {
    const old = standing(call);
    const patched = givenFor(call, objectOnly(change(old as unknown as Json)));
    const { resourceVersion = old.metadata.resourceVersion, uid = old.metadata.uid } = patched.metadata;
    const metadata = { ...patched.metadata, resourceVersion, uid };
    const object = withoutUnknown(call, { ...patched, metadata }, 'PatchOptions');
    try {
      if (call.path.subresource === 'status') return await store.updateStatus(object, options);
      return await store.update(object, options);
    } catch (error) {
      const stale = error instanceof StatusError && error.reason === 'Conflict';
      // A patch that names a version or uid itself means that one.
      const named = resourceVersion !== old.metadata.resourceVersion || uid !== old.metadata.uid;
      if (!stale || named || attempt === attempts) throw error;
    }
  }
};
