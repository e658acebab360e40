import { StatusError } from '../store/status-error.ts';
import type { Log, Store } from '../store/types.ts';
import { authorize } from './authorize.ts';
import { insteadOf } from './catalogue/instead.ts';
import { findResource, fullName, type Resource, type Verb } from './catalogue/resources.ts';
import type { ApiRequest, ApiResponse } from './http/exchange.ts';
import { negotiate } from './http/negotiate.ts';
import type { ResourcePath, Target } from './http/request-info.ts';
import type { User } from './identity/tokens.ts';
import type { Pods, Source } from './ports.ts';
import type { Call, NamedCall } from './verbs/call.ts';
import { create } from './verbs/create.ts';
import { flagOption } from './verbs/options.ts';
import { createPages } from './verbs/pages.ts';
import { patch } from './verbs/patch.ts';
import { get, list } from './verbs/read.ts';
import { deletionOf, remove, removeCollection } from './verbs/remove.ts';
import { update } from './verbs/update.ts';
import { watch } from './verbs/watch.ts';
import { readLog } from './views/read-log.ts';
import { removePod } from './views/remove-pod.ts';

export interface ResourceParts {
  store: Store;
  pods: Pods;
  log: Log;
  sourceOf(resource: Resource): Source;
}

type ResourceTarget = Extract<Target, { type: 'resource' }>;

/** Answers requests for resources. */
export const createResourceServer = (parts: ResourceParts) => {
  const pages = createPages();
  const removeStored = remove(parts.store);
  const removeOfPods = removePod(parts.pods, parts.log);

  const answer = async (call: Call, verb: Verb): Promise<ApiResponse> => {
    const removeOne = call.resource.stored ? removeStored : removeOfPods;
    await call.source.refresh?.();
    switch (verb) {
      case 'list':
        return list(pages, call);
      case 'watch':
        return watch(call);
      case 'create':
        return create(parts.store, call);
      case 'deletecollection':
        return removeCollection(call, removeOne);
    }
    if (!isNamed(call)) throw notServed(call.resource, call.path);
    switch (verb) {
      case 'get':
        return call.path.subresource === 'log' ? readLog(parts.pods, call) : get(call);
      case 'update':
        return update(parts.store, call);
      case 'patch':
        return patch(parts.store, call);
      case 'delete':
        return removeOne(call, await deletionOf(call));
    }
  };

  return async (
    request: ApiRequest,
    user: User,
    { group, version, path }: ResourceTarget,
  ): Promise<ApiResponse> => {
    const resource = findResource(group, version, path.resource);
    if (!resource || !fits(resource, path)) throw notServed({ group, plural: path.resource }, path);
    const verb = verbOf(request, path);
    if (verb) authorize(user, verb, resource, path);
    checkServed(resource, path, verb, request.method);
    const format = negotiate(request.header('accept'));
    return answer({ request, user, resource, path, source: parts.sourceOf(resource), format }, verb as Verb);
  };
};

const isNamed = (call: Call): call is NamedCall => call.path.name !== undefined;

/** A namespaced object is found in its namespace only, a collection also over all; others stand in none. */
const fits = ({ namespaced }: Resource, { namespace, name }: ResourcePath) =>
  namespaced ? namespace !== undefined || name === undefined : namespace === undefined;

const verbOf = ({ method, query }: ApiRequest, { name, subresource }: ResourcePath): Verb | undefined => {
  switch (method) {
    case 'GET':
      if (!subresource && flagOption(query, 'watch')) return 'watch';
      return name ? 'get' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return name ? 'update' : undefined;
    case 'PATCH':
      return name ? 'patch' : undefined;
    case 'DELETE':
      return name ? 'delete' : 'deletecollection';
    default:
      return undefined;
  }
};

/** Throws MethodNotAllowed or NotFound, with what to use instead. */
const checkServed = (
  resource: Resource,
  path: ResourcePath,
  verb: Verb | undefined,
  method: string,
): void => {
  const { subresource, name, namespace } = path;
  if (subresource !== undefined && !served(resource, subresource)) {
    const advice = insteadOf(resource.group, path);
    if (!advice) throw notServed(resource, path);
    throw notAllowed(resource, `${fullName(resource)}/${subresource} is not served here`, advice);
  }
  const verbs =
    subresource === undefined ? resource.verbs : subresource === 'log' ? ['get'] : ['get', 'update', 'patch'];
  const placed =
    verb !== 'create' || (name === undefined && (namespace !== undefined || !resource.namespaced));
  if (verb && verbs.includes(verb) && placed) return;
  const action = verb ?? method;
  throw notAllowed(
    resource,
    `${action} is not supported on resources of kind "${fullName(resource)}"`,
    insteadOf(resource.group, path),
  );
};

const served = ({ status, subresources }: Resource, subresource: string) =>
  (subresource === 'status' && status) || subresources.includes(subresource);

const notAllowed = ({ group, plural }: Resource, message: string, advice: string) =>
  new StatusError('MethodNotAllowed', advice ? `${message}: ${advice}` : message, {
    ...(group && { group }),
    kind: plural,
  });

const notServed = ({ group, plural }: Pick<Resource, 'group' | 'plural'>, path: ResourcePath) => {
  const advice = insteadOf(group, path);
  const message = 'the server could not find the requested resource';
  return new StatusError(
    'NotFound',
    advice ? `${message} (${fullName({ group, plural })}): ${advice}` : message,
    {
      ...(group && { group }),
      kind: plural,
    },
  );
};
