import { type Condition, readyOf, withCondition } from '../../store/conditions.ts';
import { type Controller, createController, keyOf, splitKey } from '../../store/controller.ts';
import { isRefusal, StatusError } from '../../store/status-error.ts';
import type { KubeObject, Log, Store } from '../../store/types.ts';
import { staleRevisions } from './collect.ts';
import { editStatus, observed } from './edit.ts';
import { configurationKind, generationLabel, revisionKind } from './names.ts';
import { isControlledBy, ownerKeys } from './owner.ts';
import type { Recorder } from './record.ts';
import { namedRevision, revisionName, revisionOf } from './revision-of.ts';

interface Means {
  store: Store;
  log: Log;
  recorder: Recorder;
}

const collectEveryMs = 3_600_000;

/** Makes a Revision for every generation of a Configuration and tells which is the latest, and the latest ready. */
export const configurationController = ({ store, log, recorder }: Means): Controller => {
  const reconcile = async (key: string) => {
    const { namespace, name } = splitKey(key);
    const configuration = store.get(configurationKind, namespace, name);
    if (!configuration) return undefined;
    const latest = await latestRevision(configuration);
    const written = await editStatus(store, { kind: configurationKind, namespace, name }, (now) =>
      observed(now, typeof latest === 'string' ? failed(now, latest) : statusOf(now, latest)),
    );
    if (!written) return undefined;
    tell(configuration, written);
    return collect(written);
  };

  /** The Revision of this generation, made where there is none; or why it cannot be. */
  const latestRevision = async (configuration: KubeObject): Promise<KubeObject | string> => {
    const { namespace } = configuration.metadata;
    const name = revisionName(configuration);
    const named = namedRevision(store, configuration);
    const found = named === undefined ? store.get(revisionKind, namespace, name) : named;
    if (found === 'taken' || (typeof found === 'object' && !isControlledBy(found, configuration))) {
      return `revisions.serving.knative.dev "${name}" already exists`;
    }
    if (typeof found === 'object') return found;
    try {
      const made = await store.create(revisionOf(configuration));
      recorder.record(configuration, 'Normal', 'Created', `Created Revision "${name}"`);
      return made;
    } catch (error) {
      if (!isRefusal(error) && !(error instanceof StatusError && error.reason === 'AlreadyExists'))
        throw error;
      recorder.record(
        configuration,
        'Warning',
        'CreationFailed',
        `Failed to create Revision: ${error.message}`,
      );
      return error.message;
    }
  };

  const statusOf = (configuration: KubeObject, latest: KubeObject): object => {
    const before = configuration.status ?? {};
    const created = latest.metadata.name;
    const ready = readyOf(store.get(revisionKind, latest.metadata.namespace, created) ?? latest);
    const latestReady = newestReady(configuration) ?? before.latestReadyRevisionName;
    const condition: Pick<Condition, 'status' | 'reason' | 'message'> | undefined =
      ready?.status === 'False'
        ? {
            status: 'False',
            reason: 'RevisionFailed',
            message: `Revision "${created}" failed with message: ${ready.message ?? ''}.`,
          }
        : ready?.status === 'True' && latestReady === created
          ? { status: 'True' }
          : latestReady === created
            ? undefined
            : { status: 'Unknown' };
    return {
      ...before,
      latestCreatedRevisionName: created,
      ...(latestReady && { latestReadyRevisionName: latestReady }),
      conditions: condition
        ? withCondition(before.conditions, { type: 'Ready', ...condition })
        : before.conditions,
    };
  };

  /** The ready Revision of the highest generation that is not older than the one that was the latest ready. */
  const newestReady = ({ metadata, status }: KubeObject): string | undefined => {
    const known = store.get(revisionKind, metadata.namespace, status?.latestReadyRevisionName ?? '');
    const from = known ? generationOf(known) : 0;
    return store
      .owned(metadata.uid, revisionKind)
      .filter((revision) => generationOf(revision) >= from && isReady(revision))
      .sort((a, b) => generationOf(b) - generationOf(a))[0]?.metadata.name;
  };

  const tell = ({ status: before = {} }: KubeObject, now: KubeObject) => {
    const { latestReadyRevisionName: ready, latestCreatedRevisionName: created } = now.status;
    if (ready && !before.latestReadyRevisionName) {
      recorder.record(now, 'Normal', 'ConfigurationReady', 'Configuration becomes ready');
    }
    if (ready !== before.latestReadyRevisionName) {
      recorder.record(now, 'Normal', 'LatestReadyUpdate', `LatestReadyRevisionName updated to "${ready}"`);
    }
    const [was, is] = [readyOf({ status: before }), readyOf(now)];
    if (is?.status !== 'False' || was?.message === is.message) return;
    const [reason, which] =
      ready === created ? ['LatestReadyFailed', 'ready'] : ['LatestCreatedFailed', 'created'];
    recorder.record(now, 'Warning', reason, `Latest ${which} revision "${created}" has failed`);
  };

  const collect = async (configuration: KubeObject): Promise<{ againMs: number } | undefined> => {
    const revisions = store.owned(configuration.metadata.uid, revisionKind);
    const stale = staleRevisions(revisions, configuration.status.latestReadyRevisionName, new Date());
    for (const { metadata } of stale.remove) {
      await store.remove(revisionKind, metadata.namespace, metadata.name, { uid: metadata.uid });
    }
    return stale.later ? { againMs: collectEveryMs } : undefined;
  };

  return createController({
    name: 'configuration-controller',
    store,
    watches: [
      { kind: configurationKind, keys: (object) => [keyOf(object)] },
      { kind: revisionKind, keys: ownerKeys('Configuration') },
    ],
    reconcile,
    log,
  });
};

const generationOf = ({ metadata }: KubeObject): number => Number(metadata.labels?.[generationLabel] ?? 0);

export const isReady = (revision: KubeObject): boolean =>
  revision.status?.observedGeneration === revision.metadata.generation &&
  readyOf(revision)?.status === 'True';

const failed = ({ status = {} }: KubeObject, message: string): object => ({
  ...status,
  conditions: withCondition(status.conditions, {
    type: 'Ready',
    status: 'False',
    reason: 'RevisionFailed',
    message: `Revision creation failed with message: ${message}.`,
  }),
});
