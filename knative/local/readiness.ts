import { setTimeout as sleep } from 'node:timers/promises';
import { readyOf } from './store/conditions.ts';
import { kindOf } from './store/kinds.ts';
import type { KubeObject, NewObject, Store } from './store/types.ts';

/** Paths that answer 200 at the ingress before the platform counts as ready: set on the Service that answers them. */
export const readyPathsAnnotation = 'kagari.dev/ready-paths';

const withReadyCondition = new Set(['serving.knative.dev', 'eventing.knative.dev', 'sources.knative.dev']);

/** Resolves when every applied object with a Ready condition is Ready or has failed; answers those that have failed. */
export const settled = (store: Store, applied: readonly NewObject[]): Promise<KubeObject[]> => {
  const named = applied.filter(({ apiVersion }) => withReadyCondition.has(apiVersion.split('/')[0] ?? ''));
  const current = () =>
    named.flatMap(
      (object) => store.get(kindOf(object), object.metadata.namespace, object.metadata.name) ?? [],
    );
  return new Promise((resolve) => {
    const check = () => {
      const objects = current();
      if (
        !objects.every(
          (object) => isObserved(object) && readyOf({ status: object.status })?.status !== 'Unknown',
        )
      )
        return;
      unwatch();
      resolve(objects.filter((object) => readyOf({ status: object.status })?.status === 'False'));
    };
    const unwatch = store.watch(undefined, undefined, () => setImmediate(check));
    check();
  });
};

const isObserved = ({ metadata, status }: KubeObject): boolean =>
  readyOf({ status }) !== undefined && status?.observedGeneration === metadata.generation;

export const readyPaths = (applied: readonly NewObject[]): string[] =>
  applied.flatMap(
    ({ metadata }) => metadata.annotations?.[readyPathsAnnotation]?.split(/\s+/).filter(Boolean) ?? [],
  );

/** Asks the paths at the ingress until all answer 200. */
export const answering = async (
  port: number,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<void> => {
  await Promise.all(
    paths.map(async (path) => {
      while (!signal.aborted) {
        const status = await fetch(`http://127.0.0.1:${port}${path}`, { signal })
          .then(async (response) => {
            await response.arrayBuffer();
            return response.status;
          })
          .catch(() => 0);
        if (status === 200) return;
        await sleep(20, undefined, { signal }).catch(() => undefined);
      }
    }),
  );
};
