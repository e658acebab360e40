import { badRequest, StatusError } from '../../store/status-error.ts';
import type { KubeObject, RemoveOptions, Store } from '../../store/types.ts';
import { readBody } from '../http/body.ts';
import { type ApiResponse, jsonResponse } from '../http/exchange.ts';
import { isObject, type JsonObject } from '../patch/json.ts';
import type { Call, NamedCall } from './call.ts';
import { invalidOption, isDryRun } from './options.ts';
import { presentList } from './present.ts';
import { selectionOf } from './selection.ts';

/** What a DELETE asks for, in its body or its query. */
export interface Deletion extends RemoveOptions {
  graceSeconds?: number;
}

/** Takes an object away and, with it, what it owns. */
export type Remove = (call: NamedCall, deletion: Deletion) => Promise<ApiResponse>;

export const remove =
  (store: Store): Remove =>
  async ({ resource, path: { namespace, name } }, { graceSeconds: _, ...options }) => {
    if (resource.kind === 'Namespace' && name === 'default')
      throw new StatusError(
        'Forbidden',
        `namespaces "default" is forbidden: this namespace may not be deleted`,
        {
          name,
          kind: 'namespaces',
        },
      );
    const gone = await store.remove(resource.kind, namespace, name, options);
    return deletedStatus({ resource }, gone);
  };

export const deletedStatus = ({ resource }: Pick<Call, 'resource'>, { metadata }: KubeObject): ApiResponse =>
  jsonResponse(200, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name: metadata.name,
      ...(resource.group && { group: resource.group }),
      kind: resource.plural,
      uid: metadata.uid,
    },
  });

/** DELETE of a collection: of each that the selectors choose; answers what they were. */
export const removeCollection = async (call: Call, removeOne: Remove): Promise<ApiResponse> => {
  const deletion = await deletionOf(call);
  const selection = selectionOf(call);
  const chosen = call.source.list(call.path.namespace).filter(selection.matches);
  for (const { metadata } of chosen) {
    const { namespace, name, uid } = metadata;
    const path = { ...call.path, name, ...(namespace && { namespace }) };
    await removeOne({ ...call, path }, { ...deletion, uid }).catch(ignoreGone);
  }
  return presentList(call, chosen, { resourceVersion: call.source.revision() });
};

/** An owner that was chosen too has taken it away, or it is already another object of this name. */
const ignoreGone = (error: unknown) => {
  if (!(error instanceof StatusError) || !['NotFound', 'Conflict'].includes(error.reason)) throw error;
};

export const deletionOf = async ({ request }: Call): Promise<Deletion> => {
  const { query } = request;
  const body = (await readBody(request)) ?? {};
  if (!isObject(body)) throw badRequest('decoded object cannot be converted to DeleteOptions');
  const policy =
    body.propagationPolicy ?? query.get('propagationPolicy') ?? (orphans(body, query) ? 'Orphan' : '');
  if (policy !== '' && policy !== 'Background' && policy !== 'Foreground')
    throw invalidOption('DeleteOptions', 'propagationPolicy', String(policy), ['Background', 'Foreground']);
  const dryRun = Array.isArray(body.dryRun) ? body.dryRun.map(String) : query.getAll('dryRun');
  const grace = body.gracePeriodSeconds ?? query.get('gracePeriodSeconds');
  if (grace !== null && !(Number.isSafeInteger(Number(grace)) && Number(grace) >= 0))
    throw badRequest(`gracePeriodSeconds ${JSON.stringify(grace)} is no number of seconds`);
  return {
    ...preconditionsOf(body),
    ...(grace !== null && { graceSeconds: Number(grace) }),
    dryRun: isDryRun(dryRun, 'DeleteOptions'),
  };
};

const orphans = (body: JsonObject, query: URLSearchParams) =>
  body.orphanDependents === true || query.get('orphanDependents') === 'true';

const preconditionsOf = ({ preconditions }: JsonObject): Pick<Deletion, 'uid' | 'resourceVersion'> => {
  const { uid, resourceVersion } = isObject(preconditions) ? preconditions : {};
  return {
    ...(typeof uid === 'string' && { uid }),
    ...(typeof resourceVersion === 'string' && { resourceVersion }),
  };
};
