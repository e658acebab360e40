import type { KubeObject } from '../../../knative/local/store/types.ts';
import { ConflictError } from '../../../scripts/kube.ts';
import type { Clock, Cluster, Metrics } from '../../../scripts/rollout/ports.ts';
import type { TrafficTarget } from '../../../scripts/rollout/traffic.ts';
import { noDeliveries, type Side } from '../../../scripts/rollout/verdict/side.ts';
import { createTopic } from './topic.ts';

/** The process dies here, and nothing after it runs; or, where it lives on, it never hears what became of a call. */
export class Killed extends Error {}

export interface Death {
  /** From now on, counted from 1. */
  call: number;
  /** Before or after the call took effect. */
  after: boolean;
  /** Of the process, not of the call only. */
  whole: boolean;
}

export interface ModelSettings {
  /** Per request: of a candidate. */
  candidateErrors: number;
  /** Requests a second. */
  traffic: number;
  metrics: boolean;
  starts: boolean;
  /** Events a second, and what else chance decides of them. */
  events?: { perSecond: number; seed: number };
}

/**
 * A cluster with one Service as Knative keeps it, in memory, with its own time: requests flow as its traffic says while somebody
 * sleeps. What a cluster does is the acceptance suite's matter; here it is what a rollout makes of it, at every point it may die.
 */
export const createModel = (settings: ModelSettings) => {
  let time = 0;
  let version = 1;
  let calls = 0;
  const history: TrafficTarget[][] = [];
  const template = (image: string) => ({ metadata: {}, spec: { containers: [{ image }] } });
  const pinned = [{ latestRevision: true, percent: 100 }];
  let service: KubeObject = {
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Service',
    metadata: { name: 'shop', uid: 'u', resourceVersion: '1', generation: 1, creationTimestamp: '' },
    spec: { template: template('shop:v1'), traffic: pinned },
  };
  const revisions = new Map<string, KubeObject>();
  const counts = new Map<string, { requests: number; errors: number }>();
  let death: Death | undefined;
  let dead = false;

  const reconcile = () => {
    const latest = `shop-0000${revisions.size}`;
    const current = revisions.get(latest);
    const changed = JSON.stringify(current?.template) !== JSON.stringify(service.spec.template);
    if (changed) {
      const name = `shop-0000${revisions.size + 1}`;
      const ready = settings.starts || revisions.size === 0;
      revisions.set(name, {
        apiVersion: 'serving.knative.dev/v1',
        kind: 'Revision',
        metadata: { ...service.metadata, name, ...service.spec.template.metadata },
        spec: service.spec.template.spec,
        template: structuredClone(service.spec.template),
        status: {
          actualReplicas: 1,
          conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', message: 'it crashes' }],
        },
      });
    }
    const isReady = (name: string) => revisions.get(name)?.status.conditions[0].status === 'True';
    const newest = [...revisions.keys()].findLast(isReady);
    service = {
      ...service,
      status: {
        observedGeneration: service.metadata.generation,
        latestCreatedRevisionName: [...revisions.keys()].at(-1),
        latestReadyRevisionName: newest,
        conditions: [{ type: 'RoutesReady', status: 'True' }],
        traffic: service.spec.traffic.map((target: TrafficTarget) => ({
          ...target,
          revisionName: target.revisionName ?? newest,
          ...(target.tag && { url: `http://${target.tag}-shop.kagari.svc.cluster.local` }),
        })),
      },
    };
    history.push(service.status.traffic);
  };
  reconcile();

  /** One call of a process: may be its last. */
  const call = async <T>(act: () => T): Promise<T> => {
    calls++;
    const dies = death?.call === calls;
    dead ||= dies && death?.whole === true;
    if (dies && !death?.after) throw new Killed();
    if (dead && !dies) throw new Killed();
    const result = act();
    if (dies) throw new Killed();
    return result;
  };

  const write = (object: KubeObject) => {
    if (object.metadata.resourceVersion !== service.metadata.resourceVersion)
      throw new ConflictError('changed');
    const moved = JSON.stringify(object.spec) !== JSON.stringify(service.spec);
    version++;
    const generation = (service.metadata.generation ?? 0) + (moved ? 1 : 0);
    service = {
      ...structuredClone(object),
      metadata: { ...object.metadata, resourceVersion: `${version}`, generation },
    };
    reconcile();
    return structuredClone(service);
  };

  /** Which revision an event meets: of the Service by name, or at its tag's address. */
  const choose = (host: string): string => {
    const targets = service.status.traffic as TrafficTarget[];
    const found = targets.find(({ tag, percent = 0 }) =>
      host === 'shop' ? percent === 100 : `${tag}-shop` === host,
    );
    if (!found?.revisionName) throw new Error(`nobody is at ${host}`);
    return found.revisionName;
  };
  const topic = createTopic(settings.events?.seed ?? 1, choose);

  const cluster: Cluster = {
    namespace: 'kagari',
    service: () => call(() => structuredClone(service)),
    revision: (name) =>
      call(() => {
        const found = revisions.get(name);
        if (!found) throw new Error(`no revision ${name}`);
        return structuredClone(found);
      }),
    revisions: () => call(() => [...revisions.values()]),
    put: (object, { dryRun } = { dryRun: false }) =>
      call(() => {
        if (dryRun) return structuredClone(object);
        return object.kind === 'Trigger' ? topic.put(object) : write(object);
      }),
    create: (object) => call(() => topic.create(object)),
    remove: (object) => call(() => topic.remove(object)),
    triggers: () => call(topic.list),
    positions: (trigger) => call(() => topic.positions(trigger)),
    text: () => call(() => ''),
    close: () => {},
  };

  const eventsAt = (name: string): Side => {
    const all = topic.delivered.filter(({ revision }) => revision === name).length;
    const errors = name === 'shop-00001' ? 0 : Math.floor(all * settings.candidateErrors);
    return {
      requests: all,
      errors,
      latency: { bounds: [0.01, 0.1], counts: [all, 0, 0] },
      deliveries: { all, retried: 0, failed: errors, refused: 0 },
    };
  };

  const metrics: Metrics = {
    read: (names, { only }) =>
      call(() => {
        if (!settings.metrics) throw new Error('nobody counts');
        if (only === 'events') return names.map(eventsAt);
        return names.map((name): Side => {
          const { requests, errors } = counts.get(name) ?? { requests: 0, errors: 0 };
          return {
            requests: Math.floor(requests),
            errors: Math.floor(errors),
            latency: { bounds: [0.01, 0.1], counts: [Math.floor(requests), 0, 0] },
            deliveries: noDeliveries,
          };
        });
      }),
  };

  const clock: Clock = {
    now: () => time,
    async sleep(ms) {
      if (dead) throw new Killed();
      time += ms;
      for (const { revisionName = '', percent = 0 } of service.status.traffic as TrafficTarget[]) {
        const one = counts.get(revisionName) ?? { requests: 0, errors: 0 };
        const requests = (settings.traffic * percent * ms) / 100_000;
        const errors = revisionName === 'shop-00001' ? 0 : requests * settings.candidateErrors;
        counts.set(revisionName, { requests: one.requests + requests, errors: one.errors + errors });
      }
      if (settings.events) topic.pass(Math.round((settings.events.perSecond * ms) / 1000), time);
      // Others get their turn.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };

  return {
    cluster,
    metrics,
    clock,
    probe: { send: async () => 0 },
    topic,
    current: () => structuredClone(service),
    history,
    /** Of revisions that get something. */
    shares: () => (service.status.traffic as TrafficTarget[]).filter(({ percent = 0 }) => percent > 0),
    /** Somebody else's write. */
    edit: (change: (service: KubeObject) => void) => {
      const copy = structuredClone(service);
      change(copy);
      write(copy);
    },
    /** Another process goes on; it may die, too. */
    live: (next?: Death) => {
      dead = false;
      death = next && { ...next, call: calls + next.call };
    },
    calls: () => calls,
    now: () => time,
  };
};

export type Model = ReturnType<typeof createModel>;
