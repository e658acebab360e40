import type { KubeObject } from '../../../knative/local/store/types.ts';
import type { Cluster } from '../ports.ts';
import { noteOn, twinName } from './shared-trigger.ts';

/** A Trigger of the Service, and the rollout's own beside it; either may be missing. */
export interface Pair {
  name: string;
  trigger: KubeObject | undefined;
  twin: KubeObject | undefined;
}

/** All Triggers that the rollout is, or will be, about. */
export const pairsOf = async (cluster: Cluster, service: string, rollout: string): Promise<Pair[]> => {
  const all = await cluster.triggers();
  const twins = all.filter((one) => noteOn(one, rollout)?.of !== undefined);
  const named = (name: string | undefined) => all.find(({ metadata }) => metadata.name === name);
  const own = all.filter((one) => leadsTo(one, service) && !twins.includes(one));
  const names = new Set([
    ...own.map(({ metadata }) => metadata.name),
    ...twins.map((twin) => noteOn(twin, rollout)?.of ?? ''),
  ]);
  return [...names].map((name) => ({
    name,
    trigger: named(name),
    twin: twins.find(({ metadata }) => metadata.name === twinName(name)),
  }));
};

/** Whether its subscriber is this Service. */
export const leadsTo = ({ spec }: KubeObject, service: string): boolean => {
  const { kind, name, apiVersion = '' } = spec.subscriber?.ref ?? {};
  return kind === 'Service' && name === service && apiVersion.startsWith('serving.knative.dev/');
};

/** Its status is that of its spec, and it takes events. */
export const isObserved = ({ metadata, status }: KubeObject): boolean =>
  status?.observedGeneration === metadata.generation &&
  status?.conditions?.some(
    ({ type, status }: { type: string; status: string }) => type === 'Ready' && status === 'True',
  );
