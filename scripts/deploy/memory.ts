import type { KubeObject, NewObject } from '../../knative/local/store/types.ts';
import { type Container, containersOf, isService, podTemplate } from './overlay.ts';

export interface Need {
  /** Bytes. */
  memory: number;
  /** Cores. */
  cpu: number;
}

/** What the pods of these objects request, one pod for a Service unless it says more; queue-proxy's part as Knative sets it. */
export const neededBy = (objects: readonly NewObject[]): Need =>
  sum(
    objects.filter(podTemplate).map((object) => {
      const pods = isService(object)
        ? Math.max(1, Number(podTemplate(object)?.metadata?.annotations?.[minScale] ?? 1))
        : Number(object.spec.replicas ?? 1);
      const own = requestsOf(containersOf(object));
      const beside = isService(object) ? queueProxy : { memory: 0, cpu: 0 };
      return { memory: pods * (own.memory + beside.memory), cpu: pods * (own.cpu + beside.cpu) };
    }),
  );

/** What the nodes have left beside the pods of other namespaces. */
export const roomIn = (
  nodes: readonly KubeObject[],
  pods: readonly KubeObject[],
  namespace: string,
): Need => {
  const has = sum(
    nodes
      .filter(({ spec }) => !spec?.unschedulable)
      .map(({ status }) => quantities(status?.allocatable ?? {})),
  );
  const taken = sum(
    pods
      .filter(({ metadata, spec }) => metadata.namespace !== namespace && spec?.nodeName)
      .filter(({ status }) => !['Succeeded', 'Failed'].includes(status?.phase))
      .map(({ spec }) => requestsOf(spec.containers)),
  );
  return { memory: has.memory - taken.memory, cpu: has.cpu - taken.cpu };
};

const minScale = 'autoscaling.knative.dev/min-scale';
const queueProxy: Need = { memory: 0, cpu: 0.025 };

const requestsOf = (containers: readonly Container[]): Need =>
  sum(containers.map(({ resources }) => quantities(resources?.requests ?? {})));

const quantities = ({ memory = '0', cpu = '0' }: Record<string, string>): Need => ({
  memory: quantity(memory),
  cpu: quantity(cpu),
});

const sum = (needs: readonly Need[]): Need =>
  needs.reduce((all, { memory, cpu }) => ({ memory: all.memory + memory, cpu: all.cpu + cpu }), {
    memory: 0,
    cpu: 0,
  });

const suffixes: Record<string, number> = {
  '': 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** A Kubernetes quantity as a number: `500m` is 0.5. */
export const quantity = (text: string | number): number => {
  const [, digits, suffix = ''] = /^([\d.]+(?:e\d+)?)([a-zA-Z]*)$/.exec(String(text)) ?? [];
  const unit = suffixes[suffix];
  if (digits === undefined || unit === undefined) throw new Error(`${text} is no quantity`);
  return Number(digits) * unit;
};
