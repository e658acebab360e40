import { isDeepStrictEqual } from 'node:util';
import type { CloudEvent } from '../../../eventing/broker/event.ts';
import { compileFilter } from '../../../eventing/broker/filter.ts';
import type { KubeObject, NewObject } from '../../../knative/local/store/types.ts';
import { ConflictError } from '../../../scripts/kube.ts';
import { dice } from '../../../scripts/rollout/simulate.ts';

export interface Delivered {
  event: number;
  key: string | null;
  trigger: string;
  revision: string;
  /** Milliseconds of the model. */
  at: number;
}

interface Served {
  object: KubeObject;
  /** What its data plane does now, which comes after what the object says. */
  spec?: KubeObject['spec'];
  committed: number[];
}

const partitions = 2;
const original: NewObject = {
  apiVersion: 'eventing.knative.dev/v1',
  kind: 'Trigger',
  metadata: { name: 'sold', namespace: 'kagari', labels: { app: 'shop' } },
  spec: {
    broker: 'default',
    filter: { attributes: { type: 'sold' } },
    subscriber: {
      ref: { apiVersion: 'serving.knative.dev/v1', kind: 'Service', name: 'shop' },
      uri: '/_events',
    },
  },
};

/**
 * A Broker's topic and the Triggers that read it, in a model's time: objects are observed late, groups lag behind, and a new
 * one starts at the newest event, as Knative's do. Filters are the Broker's own.
 */
export const createTopic = (seed: number, choose: (host: string) => string) => {
  const random = dice(seed);
  const log: { event: number; key: string | null; type: string }[][] = [[], []];
  const triggers = new Map<string, Served>();
  const delivered: Delivered[] = [];
  let events = 0;
  let version = 0;

  const store = (object: NewObject): KubeObject => {
    const { name } = object.metadata;
    const before = triggers.get(name);
    version++;
    const moved = !before || !isDeepStrictEqual(before.object.spec, object.spec);
    const generation = (before?.object.metadata.generation ?? 0) + (moved ? 1 : 0);
    const metadata = { ...object.metadata, resourceVersion: String(version), generation };
    const stored = structuredClone({ ...object, metadata, status: before?.object.status }) as KubeObject;
    triggers.set(name, { ...before, committed: before?.committed ?? [], object: stored });
    return structuredClone(stored);
  };
  store(original);

  const observe = (served: Served) => {
    const { object } = served;
    // A new group starts where the topic ends now.
    if (!served.spec) served.committed = log.map(({ length }) => length);
    served.spec = object.spec;
    object.status = {
      observedGeneration: object.metadata.generation,
      conditions: [{ type: 'Ready', status: 'True' }],
    };
  };
  for (const served of triggers.values()) observe(served);

  const produce = () => {
    const lot = Math.floor(random() * 256);
    const key = random() < 0.1 ? null : `order-${lot.toString(16).padStart(2, '0')}`;
    // All of a key are in one partition.
    log[lot % partitions]?.push({
      event: events++,
      key,
      type: random() < 0.1 ? 'other' : 'sold',
    });
  };

  const consume = ({ object, spec, committed }: Served, most: number, at: number) => {
    if (!spec) return;
    const wants = compileFilter(spec);
    for (const [partition, records] of log.entries()) {
      const from = committed[partition] ?? 0;
      const some = records.slice(from, from + most);
      for (const { event, key, type } of some) {
        const attributes = new Map([['type', type], ...(key ? [['partitionkey', key] as const] : [])]);
        if (!wants({ attributes } as unknown as CloudEvent)) continue;
        const { ref, uri } = spec.subscriber;
        const revision = choose(ref ? ref.name : new URL(uri).hostname.split('.')[0]);
        delivered.push({ event, key, trigger: object.metadata.name, revision, at });
      }
      committed[partition] = from + some.length;
    }
  };

  return {
    original,
    delivered,
    /** How many events were accepted that the Trigger asks for. */
    accepted: () => log.flat().filter(({ type }) => type === 'sold'),
    list: () => [...triggers.values()].map(({ object }) => structuredClone(object)),
    put(object: KubeObject) {
      const standing = triggers.get(object.metadata.name)?.object;
      if (standing?.metadata.resourceVersion !== object.metadata.resourceVersion)
        throw new ConflictError('changed');
      return store(object);
    },
    create(object: NewObject) {
      if (triggers.has(object.metadata.name)) throw new Error(`${object.metadata.name} already exists`);
      return store(object);
    },
    remove: ({ metadata }: KubeObject) => void triggers.delete(metadata.name),
    positions(trigger: string) {
      const served = triggers.get(trigger);
      if (!served?.spec) throw new Error(`there is no trigger ${trigger}`);
      return log.map(({ length }, i) => ({
        committed: BigInt(served.committed[i] ?? 0),
        end: BigInt(length),
      }));
    },
    /** Time goes by: so many events come, some are seen to, some objects are observed. */
    pass(count: number, now: number) {
      for (let i = 0; i < count; i++) produce();
      for (const served of triggers.values()) {
        if (random() < 0.6) observe(served);
        consume(served, Math.floor(random() * 2 * count), now);
      }
    },
    /** All that is there is seen to. */
    drain(now: number) {
      for (const served of triggers.values()) {
        observe(served);
        consume(served, Number.POSITIVE_INFINITY, now);
      }
    },
  };
};

export type Topic = ReturnType<typeof createTopic>;
