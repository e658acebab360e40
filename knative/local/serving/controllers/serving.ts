import type { ImageStore } from '../../images/store.ts';
import type { RouteTable } from '../../ingress/route-table.ts';
import { keyOf } from '../../store/controller.ts';
import { kindInfo } from '../../store/kinds.ts';
import { notFound } from '../../store/status-error.ts';
import type { KubeObject, Log, Store } from '../../store/types.ts';
import type { ActivityStore } from '../activity.ts';
import type { PodContext, RevisionKey, RevisionState } from '../ports.ts';
import type { Revisions } from '../revisions.ts';
import type { Domain } from './address.ts';
import { configurationController } from './configuration.ts';
import { domainMappingController } from './domain-mapping.ts';
import { revisionKind } from './names.ts';
import { resolvePodContext } from './pod-context.ts';
import { type Recorder, silent } from './record.ts';
import { createReferences } from './references.ts';
import { revisionController } from './revision.ts';
import { routeController } from './route.ts';
import { serviceController } from './service.ts';

export interface ServingOptions {
  store: Store;
  images: Pick<ImageStore, 'resolve'>;
  table: Pick<RouteTable, 'put' | 'remove'>;
  domain: Domain;
  log: Log;
  /** Kubernetes Events, signed by component; absent: none. */
  events?: { as(component: string): Recorder };
}

/** The control plane of serving; context, onState, markActive and markIdle are the machinery's to call. */
export interface Serving extends ActivityStore {
  context(key: RevisionKey): Promise<PodContext>;
  onState(key: RevisionKey, state: RevisionState): void;
  start(machinery: Pick<Revisions, 'ensure' | 'remove' | 'refreshVolumes'>): void;
  /** Resolves when every object has been looked at and nothing is in hand. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

export const createServing = ({ store, images, table, domain, log, events }: ServingOptions): Serving => {
  const recorder = (component: string): Recorder => events?.as(component) ?? silent;
  const revisions = revisionController({ store, images, log, recorder: recorder('revision-controller') });
  const controllers = [
    serviceController({ store, log, recorder: recorder('service-controller') }),
    configurationController({ store, log, recorder: recorder('configuration-controller') }),
    revisions,
    routeController({ store, table, domain, log }),
    domainMappingController({ store, table, domain, log }),
  ];
  const references = createReferences();
  let unwatch: (() => void)[] = [];

  /** Files of standing pods follow their ConfigMaps and Secrets. */
  const followFiles = (refresh: Revisions['refreshVolumes']) => {
    for (const revision of store.list(revisionKind)) references.add(keyOf(revision), revision);
    const follow = ({ object }: { object: KubeObject }) => {
      for (const key of references.usersOf(object)) {
        refresh(key as RevisionKey).catch((error) =>
          log.warn({ error, key }, "a pod's files are not the newest"),
        );
      }
    };
    unwatch = [
      store.watch(revisionKind, undefined, ({ type, object }) => {
        if (type === 'ADDED') references.add(keyOf(object), object);
        if (type === 'DELETED') references.remove(keyOf(object), object);
      }),
      store.watch('ConfigMap', undefined, follow),
      store.watch('Secret', undefined, follow),
    ];
  };

  return {
    context: async (key) => {
      const [namespace, name = ''] = key.split('/');
      const revision = store.get(revisionKind, namespace, name);
      if (!revision) throw notFound(kindInfo(revisionKind), name);
      return resolvePodContext(store, revision);
    },
    onState: revisions.onState,
    markActive: revisions.markActive,
    markIdle: revisions.markIdle,
    start: (machinery) => {
      revisions.run(machinery);
      followFiles(machinery.refreshVolumes);
      for (const controller of controllers) controller.start();
    },
    // each one's writes queue work for others: it is quiet when a whole round has written nothing
    settled: async () => {
      for (let before = ''; before !== store.revision(); ) {
        before = store.revision();
        for (const controller of controllers) await controller.idle();
      }
    },
    stop: async () => {
      for (const stop of unwatch) stop();
      unwatch = [];
      await Promise.all(controllers.map((controller) => controller.stop()));
    },
  };
};
