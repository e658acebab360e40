import { randomInt } from 'node:crypto';
import { apiVersionOf } from '../../store/kinds.ts';
import { badRequest, invalid, StatusError } from '../../store/status-error.ts';
import type { KubeObject, WatchEvent } from '../../store/types.ts';
import { type ApiResponse, type Outlet, onClosed } from '../http/exchange.ts';
import type { Call } from './call.ts';
import { countOption, flagOption } from './options.ts';
import { formOf } from './present.ts';
import { redactFor } from './redact.ts';
import { repeatForKn } from './repeat-for-kn.ts';
import { type Selection, selectionOf } from './selection.ts';

/** How often a watch that asks for bookmarks gets one. */
const bookmarkMs = 60_000;
/** A watcher that leaves more than this untaken is cut off, and comes back from the version it knows. */
const backlogBytes = 16 * 1024 * 1024;

type EventType = WatchEvent['type'] | 'BOOKMARK' | 'ERROR';

/** Every change after the query's resourceVersion that its selectors see, one JSON object a line, until its timeout. */
export const watch = (call: Call): ApiResponse => {
  const { query } = call.request;
  const { source, resource } = call;
  if (!source.watch)
    throw new StatusError(
      'MethodNotAllowed',
      `watch is not supported on resources of kind "${resource.plural}"`,
    );
  const options = {
    ...start(query),
    bookmarks: flagOption(query, 'allowWatchBookmarks'),
    timeoutMs: (countOption(query, 'timeoutSeconds') || randomInt(1_800, 3_600)) * 1_000,
  };
  const selection = selectionOf(call);
  const encode = encoder(call);
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: (out) => tell(call, { ...options, selection, encode }, out),
  };
};

type Encode = (type: EventType, object: KubeObject) => string;

interface Options {
  /** Empty: from now on. */
  from: string;
  /** First what is there already, as ADDED. */
  initial: boolean;
  /** Then a bookmark that says that this was all. */
  initialEnd: boolean;
  bookmarks: boolean;
  timeoutMs: number;
  selection: Selection;
  encode: Encode;
}

const tell = (call: Call, options: Options, out: Outlet) => {
  const { source, resource } = call;
  const { from, initial, initialEnd, bookmarks, timeoutMs, selection, encode } = options;
  const send = (type: EventType, object: KubeObject) => {
    out.write(encode(type, object));
    if (out.backlog() > backlogBytes) out.abandon();
  };
  const bookmark = (annotations?: Record<string, string>) => {
    const metadata = {
      resourceVersion: source.revision(),
      creationTimestamp: null,
      ...(annotations && { annotations }),
    };
    send('BOOKMARK', { kind: resource.name, apiVersion: apiVersionOf(resource), metadata } as never);
  };

  const now = source.revision();
  if (initial)
    for (const object of source.list(undefined)) if (selection.matches(object)) send('ADDED', object);
  if (initialEnd) bookmark({ 'k8s.io/initial-events-end': 'true' });
  try {
    const unwatch = source.watch?.(initial || from === '' ? now : from, (event) => {
      const seen = asSeen(event, selection);
      if (seen) send(seen.type, seen.object);
    });
    const repeated = repeatForKn(call, from);
    if (repeated && selection.matches(repeated)) send('MODIFIED', repeated);
    const timeout = setTimeout(() => {
      if (bookmarks) bookmark();
      out.end();
    }, timeoutMs);
    const ticking = bookmarks ? setInterval(bookmark, bookmarkMs) : undefined;
    onClosed(out, () => {
      unwatch?.();
      clearTimeout(timeout);
      clearInterval(ticking);
    });
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    out.write(`${JSON.stringify({ type: 'ERROR', object: error.toStatus() })}\n`);
    out.end();
  }
};

/** A change as it looks through the selectors: what leaves them is DELETED, what enters them ADDED. */
const asSeen = (
  { type, object, old }: WatchEvent,
  { matches }: Selection,
): Pick<WatchEvent, 'type' | 'object'> | undefined => {
  if (type === 'DELETED') return matches(old ?? object) ? { type, object } : undefined;
  const [before, after] = [old !== undefined && matches(old), matches(object)];
  if (before && after) return { type: 'MODIFIED', object };
  if (after) return { type: 'ADDED', object };
  if (!before || !old) return undefined;
  const { resourceVersion } = object.metadata;
  return { type: 'DELETED', object: { ...old, metadata: { ...old.metadata, resourceVersion } } };
};

const encoder = (call: Call): Encode => {
  const form = formOf(call);
  let first = true;
  return (type, object) => {
    const shown = form(redactFor(call, object), first);
    first = false;
    return `${JSON.stringify({ type, object: shown })}\n`;
  };
};

const start = (query: URLSearchParams): Pick<Options, 'from' | 'initial' | 'initialEnd'> => {
  const from = query.get('resourceVersion') ?? '';
  if (!/^\d{0,15}$/.test(from)) throw badRequest(`invalid resource version ${JSON.stringify(from)}`);
  const asked = query.get('sendInitialEvents');
  const match = query.get('resourceVersionMatch') ?? '';
  if ((asked === null) !== (match === '') || (match !== '' && match !== 'NotOlderThan')) {
    const message =
      'Forbidden: sendInitialEvents and resourceVersionMatch=NotOlderThan are set together for watch';
    throw invalid({ group: 'meta.k8s.io', name: 'ListOptions', plural: '' }, '', [
      { reason: 'FieldValueForbidden', field: 'sendInitialEvents', message },
    ]);
  }
  if (asked === null) return { from, initial: from === '' || from === '0', initialEnd: false };
  const initial = flagOption(query, 'sendInitialEvents');
  return { from: from === '0' ? '' : from, initial, initialEnd: initial };
};
