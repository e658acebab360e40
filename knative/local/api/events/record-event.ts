import { StatusError } from '../../store/status-error.ts';
import type { KubeObject, Log, NewObject, Store } from '../../store/types.ts';
import { createMerge, type Occurrence } from './merge-events.ts';

/** What an event is about: an object of the store, or a pod. */
export type Subject = Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'>;

export interface EventRecorder {
  /** Notes that something happened to an object; never throws, writes in its own time. */
  record(about: Subject, type: 'Normal' | 'Warning', reason: string, message: string): void;
}

export interface EventWriter {
  /** A recorder that signs with this component: `route-controller`. */
  as(component: string): EventRecorder;
  start(): void;
  /** Writes what is noted; resolves when it is written. */
  stop(): Promise<void>;
}

export interface EventLimits {
  /** How many are kept; the oldest go first. */
  count: number;
  ttlMs: number;
  /** How often counts that have risen are written. */
  flushMs: number;
}

const defaults: EventLimits = { count: 1_000, ttlMs: 3_600_000, flushMs: 1_000 };
const sweepMs = 60_000;
const messageLimit = 1_024;

/** Writes core/v1 Events to the store: what happens again raises a count, old ones go. */
export const createEventWriter = (
  { store, log }: { store: Pick<Store, 'list' | 'create' | 'update' | 'get' | 'remove'>; log: Log },
  limits: Partial<EventLimits> = {},
): EventWriter => {
  const { count, ttlMs, flushMs } = { ...defaults, ...limits };
  const merge = createMerge();
  let writing: Promise<void> | undefined;
  let flushTimer: NodeJS.Timeout | undefined;
  let flushAt = 0;
  let sweepTimer: NodeJS.Timeout | undefined;

  const flush = async () => {
    for (const occurrence of merge.unwritten()) await write(occurrence).catch((error) => ignore(error));
    await sweep().catch((error) => ignore(error));
  };
  const ignore = (error: unknown) => log.debug({ error }, 'an event could not be recorded');

  const write = async (occurrence: Occurrence) => {
    const { namespace, name } = occurrence;
    const standing = store.get('Event', namespace, name);
    const { count: times, last, message } = occurrence;
    if (standing) await store.update({ ...standing, count: times, lastTimestamp: time(last), message });
    else await store.create(eventOf(occurrence));
  };

  const sweep = async () => {
    const events = store.list('Event').sort((a, b) => (seenAt(a) < seenAt(b) ? -1 : 1));
    const old = time(new Date(Date.now() - ttlMs));
    const excess = events.length - count;
    for (const [index, event] of events.entries())
      if (index < excess || seenAt(event) < old)
        await store.remove('Event', event.metadata.namespace, event.metadata.name).catch(ignoreAbsent);
    merge.forgetBefore(Date.now() - ttlMs);
  };

  const flushSoon = (ms: number) => {
    const at = performance.now() + ms;
    // What is new does not wait for counts that have time.
    if (flushTimer && at >= flushAt) return;
    clearTimeout(flushTimer);
    flushAt = at;
    flushTimer = setTimeout(() => {
      flushTimer = undefined;
      writing = (writing ?? Promise.resolve()).then(flush);
    }, ms).unref();
  };

  return {
    as: (component) => ({
      record: (about, type, reason, message) => {
        const noted = merge.note({
          about: referenceTo(about),
          component,
          type,
          reason,
          message: message.slice(0, messageLimit),
        });
        flushSoon(noted === 'new' ? 0 : flushMs);
      },
    }),
    start: () => {
      sweepTimer = setInterval(() => flushSoon(0), sweepMs).unref();
    },
    stop: async () => {
      clearInterval(sweepTimer);
      clearTimeout(flushTimer);
      await writing;
      await flush();
    },
  };
};

const referenceTo = ({ apiVersion, kind, metadata }: Subject) => {
  const { namespace, name, uid, resourceVersion } = metadata;
  return { apiVersion, kind, name, uid, resourceVersion, ...(namespace && { namespace }) };
};

const eventOf = ({
  namespace,
  name,
  about,
  type,
  reason,
  message,
  component,
  count,
  first,
  last,
}: Occurrence): NewObject => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { namespace, name },
  involvedObject: about,
  reason,
  message,
  type,
  count,
  firstTimestamp: time(first),
  lastTimestamp: time(last),
  source: { component },
  reportingComponent: component,
  reportingInstance: '',
});

const seenAt = (event: KubeObject): string => event.lastTimestamp ?? event.metadata.creationTimestamp;

const time = (date: Date) => `${date.toISOString().slice(0, 19)}Z`;

const ignoreAbsent = (error: unknown) => {
  if (!(error instanceof StatusError && error.reason === 'NotFound')) throw error;
};
