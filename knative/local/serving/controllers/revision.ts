import type { ImageStore } from '../../images/store.ts';
import { type Controller, createController, keyOf, splitKey } from '../../store/controller.ts';
import type { KubeObject, Log, Store } from '../../store/types.ts';
import type { ActivityStore } from '../activity.ts';
import type { RevisionKey, RevisionState } from '../ports.ts';
import type { Revisions } from '../revisions.ts';
import { isReady } from './configuration.ts';
import { editStatus, observed } from './edit.ts';
import { configurationKind, configurationLabel, revisionKind, routingStateLabel } from './names.ts';
import type { Recorder } from './record.ts';
import { freshMemory, type Memory, onlyCounts } from './revision-memory.ts';
import { revisionName } from './revision-of.ts';
import { imageOf, progressDeadlineOf, resolvedDigest, runnable } from './revision-spec.ts';
import { isGivenUp, isProven, revisionStatus } from './revision-status.ts';

interface Means {
  store: Store;
  images: Pick<ImageStore, 'resolve'>;
  log: Log;
  recorder: Recorder;
}

type Machinery = Pick<Revisions, 'ensure' | 'remove'>;

export interface RevisionController extends Controller, ActivityStore {
  /** Before start: what runs the Revisions. */
  run(machinery: Machinery): void;
  onState(key: RevisionKey, state: RevisionState): void;
}

const missingImageAgainMs = 5_000;
const coalesceMs = 500;

/** Hands Revisions to the machinery and writes what becomes of them into their statuses. */
export const revisionController = ({ store, images, log, recorder }: Means): RevisionController => {
  const memories = new Map<string, Memory>();
  const waiting = new Map<string, NodeJS.Timeout>();
  let machinery: Machinery | undefined;

  const reconcile = async (key: string) => {
    const { namespace, name } = splitKey(key);
    const revision = store.get(revisionKind, namespace, name);
    const known = memories.get(key);
    if (!revision || (known && known.uid !== revision.metadata.uid)) forget(key);
    if (!revision) return undefined;
    const memory = remember(key, revision);
    const digest = resolvedDigest(revision) ?? (await images.resolve(imageOf(revision))) ?? null;
    memory.digest = digest;
    if (digest && isWanted(revision)) run(key as RevisionKey, revision, digest, memory);
    else if (digest) retire(key as RevisionKey, memory);
    const written = await writeStatus(key);
    if (!digest) return { againMs: missingImageAgainMs };
    const waits = memory.running && written && !isProven(written);
    return waits ? { againMs: Math.max(memory.deadline - Date.now(), 0) + 10 } : undefined;
  };

  /** One that was never ready is tried while it is the newest or a route leads to it, until it is given up. */
  const isWanted = (revision: KubeObject): boolean => {
    if (isProven(revision)) return true;
    if (isGivenUp(revision)) return false;
    const { namespace, name, labels } = revision.metadata;
    const configuration = store.get(configurationKind, namespace, labels?.[configurationLabel] ?? '');
    const newest = configuration && revisionName(configuration) === name;
    return newest || labels?.[routingStateLabel] !== 'reserve';
  };

  const run = (key: RevisionKey, revision: KubeObject, digest: string, memory: Memory) => {
    if (!memory.running) memory.deadline = Date.now() + progressDeadlineOf(revision);
    memory.running = true;
    machinery?.ensure(key, runnable(revision, digest), {
      proven: isProven(revision),
      scale: revision.status?.desiredReplicas ?? 0,
      reachable: revision.metadata.labels?.[routingStateLabel] !== 'reserve',
    });
  };

  const retire = (key: RevisionKey, memory: Memory) => {
    if (memory.running) end(key);
    Object.assign(memory, { running: false, active: false, state: { ready: 0, desired: 0, proven: false } });
  };

  const remember = (key: string, revision: KubeObject): Memory => {
    const memory = memories.get(key) ?? freshMemory(revision);
    memories.set(key, memory);
    return memory;
  };

  const forget = (key: string) => {
    if (!memories.delete(key)) return;
    clearTimeout(waiting.get(key));
    waiting.delete(key);
    end(key as RevisionKey);
  };

  // its pods may still answer what they have in hand: another Revision of that name need not wait for them
  const end = (key: RevisionKey) => {
    machinery?.remove(key).catch((error) => log.error({ error, key }, 'a revision was not removed'));
  };

  const writeStatus = async (key: string): Promise<KubeObject | undefined> => {
    const { namespace, name } = splitKey(key);
    const before = store.get(revisionKind, namespace, name);
    const written = await editStatus(store, { kind: revisionKind, namespace, name }, (now) => {
      const memory = memories.get(key);
      if (!memory || memory.uid !== now.metadata.uid) return now;
      const late = Date.now() >= memory.deadline;
      const { digest, state, active } = memory;
      return observed(now, revisionStatus(now, { digest, state, active, late }));
    });
    if (before && written && !isReady(before) && isReady(written)) {
      recorder.record(
        written,
        'Normal',
        'RevisionReady',
        'Revision becomes ready upon all resources being ready',
      );
    }
    return written;
  };

  const controller = createController({
    name: 'revision-controller',
    store,
    watches: [
      { kind: revisionKind, keys: (object) => [keyOf(object)] },
      { kind: configurationKind, keys: newestOf },
    ],
    reconcile,
    log,
  });

  const later = (key: string) => {
    if (waiting.has(key)) return;
    const timer = setTimeout(() => {
      waiting.delete(key);
      controller.enqueue(key);
    }, coalesceMs);
    timer.unref();
    waiting.set(key, timer);
  };

  return {
    ...controller,
    run: (given) => {
      machinery = given;
    },
    onState: (key, state) => {
      const memory = memories.get(key);
      if (!memory) return;
      const before = memory.state;
      memory.state = state;
      if (onlyCounts(before, state)) later(key);
      else controller.enqueue(key);
    },
    markActive: async (key) => {
      const memory = memories.get(key);
      if (!memory) return;
      memory.active = true;
      await writeStatus(key);
    },
    markIdle: async (key) => {
      const memory = memories.get(key);
      if (!memory) return;
      memory.active = false;
      await writeStatus(key);
    },
    stop: async () => {
      for (const timer of waiting.values()) clearTimeout(timer);
      waiting.clear();
      await controller.stop();
    },
  };
};

/** A Configuration that moves on concerns the Revision that was its newest, too. */
const newestOf = ({ metadata, status }: KubeObject): string[] =>
  status?.latestCreatedRevisionName ? [`${metadata.namespace}/${status.latestCreatedRevisionName}`] : [];
