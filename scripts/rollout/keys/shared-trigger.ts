import * as z from 'zod';
import type { FilterSpec } from '../../../eventing/broker/types.ts';
import type { KubeObject, NewObject } from '../../../knative/local/store/types.ts';
import { annotation, fingerprint } from '../record.ts';
import { candidateTag } from '../traffic.ts';
import { keysWithin } from './key-filter.ts';

/** What a rollout notes on a Trigger that it has changed or made. */
const note = z.strictObject({
  rollout: z.string(),
  /** Lots of keys that the candidate gets. */
  lots: z.int().min(1),
  /** Of the stable side: the filters that it had; null: none. */
  filters: z.array(z.unknown()).nullable().optional(),
  /** Of the candidate's: whose twin it is. */
  of: z.string().optional(),
});
type Note = z.infer<typeof note>;

/** What a Trigger says of the rollout by that id; undefined where it is not in it. */
export const noteOn = (trigger: KubeObject | undefined, rollout: string): Note | undefined => {
  const text = trigger?.metadata.annotations?.[annotation];
  const parsed = note.safeParse(text && parseJson(text));
  return parsed.data?.rollout === rollout ? parsed.data : undefined;
};

/** The Trigger without the keys of so many lots; it takes everything else, events without a key too. */
export const narrowed = (trigger: KubeObject, rollout: string, lots: number): KubeObject => {
  const filters = ownFilters(trigger, rollout);
  const without = { not: { cesql: keysWithin(lots) } };
  const spec = { ...trigger.spec, filters: [...wanted(trigger, rollout), without] };
  return withNote({ ...trigger, spec }, { rollout, lots, filters });
};

/** The Trigger as it was before the rollout. */
export const restored = (trigger: KubeObject, rollout: string): KubeObject => {
  const filters = ownFilters(trigger, rollout);
  const { [annotation]: _, ...annotations } = trigger.metadata.annotations ?? {};
  const { filters: __, ...spec } = trigger.spec;
  return {
    ...trigger,
    metadata: { ...trigger.metadata, annotations },
    spec: filters ? { ...spec, filters } : spec,
  };
};

/** A Trigger beside this one that takes the keys of so many lots to the candidate. */
export const twinOf = (trigger: KubeObject, service: string, rollout: string, lots: number): NewObject => {
  const { name, namespace = '', labels, annotations = {} } = trigger.metadata;
  const order = Object.entries(annotations).filter(([key]) => key.startsWith('kafka.eventing.knative.dev/'));
  const { subscriber, filter: _, filters: __, ...spec } = trigger.spec;
  const address = `http://${candidateTag}-${service}.${namespace}.svc.cluster.local`;
  const twin = {
    apiVersion: trigger.apiVersion,
    kind: trigger.kind,
    metadata: {
      name: twinName(name),
      namespace,
      annotations: Object.fromEntries(order),
      ...(labels && { labels }),
    },
    spec: { ...spec, subscriber: { uri: new URL(subscriber.uri ?? '/', address).href } },
  };
  return widened(twin, trigger, rollout, lots);
};

export const twinName = (name: string): string => `${name}-${candidateTag}`;

/** The twin with the keys of so many lots. */
export const widened = <Twin extends NewObject>(
  twin: Twin,
  trigger: KubeObject,
  rollout: string,
  lots: number,
): Twin => {
  const filters = [...wanted(trigger, rollout), { cesql: keysWithin(lots) }];
  return withNote({ ...twin, spec: { ...twin.spec, filters } }, { rollout, lots, of: trigger.metadata.name });
};

/** The twin led to where the other leads, for what is still on its way. */
export const ledBack = (twin: KubeObject, { spec: { subscriber } }: KubeObject): KubeObject => ({
  ...twin,
  spec: { ...twin.spec, subscriber },
});

/** Whether both are as their notes say: else somebody else has changed one. */
export const areAsWritten = (trigger: KubeObject, twin: KubeObject | undefined, rollout: string): boolean => {
  const [standing, its] = [noteOn(trigger, rollout), noteOn(twin, rollout)];
  const good = !standing || sameFilters(trigger, narrowed(trigger, rollout, standing.lots));
  return good && (!twin || !its || sameFilters(twin, widened(twin, trigger, rollout, its.lots)));
};

const sameFilters = (a: KubeObject, b: KubeObject): boolean =>
  fingerprint(a.spec.filters) === fingerprint(b.spec.filters);

/** The filters of its own, which the note keeps while others stand in their place. */
const ownFilters = (trigger: KubeObject, rollout: string): FilterSpec[] | null => {
  const standing = noteOn(trigger, rollout);
  return standing ? ((standing.filters ?? null) as FilterSpec[] | null) : (trigger.spec.filters ?? null);
};

/** What it asks for by itself, as a list: `filters` overrides `filter`. */
const wanted = (trigger: KubeObject, rollout: string): FilterSpec[] => {
  const filters = ownFilters(trigger, rollout);
  if (filters && filters.length > 0) return filters;
  const attributes = Object.entries<string>(trigger.spec.filter?.attributes ?? {});
  const exact = Object.fromEntries(attributes.filter(([, value]) => value !== ''));
  return Object.keys(exact).length > 0 ? [{ exact }] : [];
};

const withNote = <Trigger extends NewObject>(trigger: Trigger, value: Note): Trigger => ({
  ...trigger,
  metadata: {
    ...trigger.metadata,
    annotations: { ...trigger.metadata.annotations, [annotation]: JSON.stringify(value) },
  },
});

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
