import { randomInt } from 'node:crypto';
import { pruneUnknown } from '../../admission/prune.ts';
import { apiVersionOf } from '../../store/kinds.ts';
import { badRequest, invalid } from '../../store/status-error.ts';
import type { NewObject } from '../../store/types.ts';
import { isObject, type JsonObject } from '../patch/json.ts';
import type { Call } from './call.ts';
import { fieldValidation } from './options.ts';

/** An object a caller hands in for this path: of its kind, in its namespace, with its name where the path has one. */
export const givenFor = ({ resource, path }: Call, body: JsonObject): NewObject => {
  const { apiVersion, kind } = typed(resource, body);
  if (kind !== resource.name)
    throw badRequest(
      `${kind} in version ${JSON.stringify(apiVersion)} cannot be handled as a ${resource.name}`,
    );
  if (apiVersion !== apiVersionOf(resource))
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${apiVersionOf(resource)})`,
    );
  const metadata = metadataOf(body);
  const { name = path.name, namespace } = metadata;
  if (path.name !== undefined && name !== path.name)
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${path.name})`);
  if (namespace !== undefined && namespace !== '' && namespace !== path.namespace)
    throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`);
  return {
    ...body,
    apiVersion,
    kind,
    metadata: { ...metadata, name, ...(path.namespace && { namespace: path.namespace }) },
  } as NewObject;
};

/** Kubernetes' own kinds may leave theirs to the path, custom ones may not. */
const typed = (resource: Call['resource'], body: JsonObject): JsonObject => {
  if (resource.group === '') return { apiVersion: apiVersionOf(resource), kind: resource.name, ...body };
  if (body.kind === undefined)
    throw badRequest(
      `the object provided is unrecognized (must be of type ${resource.name}): Object 'Kind' is missing in '${JSON.stringify(body)}'`,
    );
  return { apiVersion: '', ...body };
};

/** Nulls in metadata say nothing, and managed fields are not kept: clients send both back as they got them. */
const metadataOf = ({ metadata = {} }: JsonObject): JsonObject => {
  if (!isObject(metadata)) throw badRequest('metadata is no object');
  const { managedFields: _, selfLink: __, ...rest } = metadata;
  const kept = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null));
  for (const field of ['name', 'namespace', 'generateName'])
    if (kept[field] !== undefined && typeof kept[field] !== 'string')
      throw badRequest(`metadata.${field} is no string`);
  return kept;
};

/**
 * The object without fields its kind does not know, of which Warn tells. Strict leaves them to admission, which refuses
 * them with all else that is wrong.
 */
export const withoutUnknown = ({ path, request }: Call, given: NewObject, options: string): NewObject => {
  const validation = fieldValidation(request, options);
  if (validation === 'Strict' || path.subresource === 'status') return given;
  const { object, unknown } = pruneUnknown(given);
  if (validation === 'Warn')
    for (const field of unknown) request.warn(`unknown field ${JSON.stringify(field)}`);
  return object;
};

/** Its name, or a new one that begins with its generateName; throws where it has neither. */
export const named = ({ resource }: Call, object: NewObject): NewObject => {
  const { name, generateName, ...metadata } = object.metadata as NewObject['metadata'] & {
    generateName?: string;
  };
  if (name) return object;
  if (!generateName)
    throw invalid(resource, '', [
      {
        reason: 'FieldValueRequired',
        field: 'metadata.name',
        message: 'Required value: name or generateName is required',
      },
    ]);
  const suffix = Array.from({ length: 5 }, () => letters[randomInt(letters.length)]).join('');
  return { ...object, metadata: { ...metadata, name: `${generateName.slice(0, 58)}${suffix}` } };
};

/** Kubernetes' letters for generated names: no vowels, so no words. */
const letters = 'bcdfghjklmnpqrstvwxz2456789';
