import { badRequest, notFound, StatusError } from '../../store/status-error.ts';
import type { KubeObject } from '../../store/types.ts';
import type { ApiResponse } from '../http/exchange.ts';
import type { Call, NamedCall } from './call.ts';
import { countOption } from './options.ts';
import type { Pages, Snapshot } from './pages.ts';
import { presentList, presentObject } from './present.ts';
import { selectionOf } from './selection.ts';

export const get = (call: NamedCall): ApiResponse => presentObject(call, standing(call));

/** The object a path names; throws NotFound. */
export const standing = ({ resource, path: { namespace, name }, source }: NamedCall): KubeObject => {
  const found = source.get(namespace, name);
  if (!found) throw notFound(resource, name);
  return found;
};

/** A list, or one page of it: all pages show the objects as they stood at the first. */
export const list = (pages: Pages, call: Call): ApiResponse => {
  const { query } = call.request;
  const selection = selectionOf(call);
  const limit = countOption(query, 'limit') ?? 0;
  const token = query.get('continue') ?? '';
  const scope = `${call.resource.kind}/${call.path.namespace ?? ''}`;
  if (token && query.get('resourceVersion'))
    throw badRequest('specifying resource version is not allowed when using continue');
  const { snapshot, next } = token ? pages.resume(scope, token) : { snapshot: newest(call), next: 0 };

  const shown: KubeObject[] = [];
  let at = next;
  for (; at < snapshot.objects.length && !(limit > 0 && shown.length === limit); at++) {
    const object = snapshot.objects[at];
    if (object && selection.matches(object)) shown.push(object);
  }
  const left = snapshot.objects.slice(at).filter(selection.matches).length;
  return presentList(call, shown, {
    resourceVersion: snapshot.revision,
    ...(left > 0 && { continue: pages.keep(scope, snapshot, at) }),
    ...(left > 0 && selection.everything && { remainingItemCount: left }),
  });
};

const newest = (call: Call): Snapshot => {
  checkVersion(call);
  return { revision: call.source.revision(), objects: call.source.list(call.path.namespace) };
};

/** Nothing newer than now can be shown, and of what is older only that it is older. */
const checkVersion = ({ request: { query }, source }: Call): void => {
  const wanted = query.get('resourceVersion') ?? '';
  if (wanted === '' || wanted === '0') return;
  if (!/^\d{1,15}$/.test(wanted)) throw badRequest(`invalid resource version ${JSON.stringify(wanted)}`);
  const now = source.revision();
  if (Number(wanted) > Number(now))
    throw new StatusError('Timeout', `Timeout: Too large resource version: ${wanted}, current: ${now}`, {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    });
  if (query.get('resourceVersionMatch') === 'Exact' && wanted !== now)
    throw new StatusError(
      'Expired',
      `The resourceVersion for the provided list is too old: ${wanted} (${now})`,
    );
};
