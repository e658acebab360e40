import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { readyOf } from './store/conditions.ts';
import { kindOf } from './store/kinds.ts';
import type { KubeObject, NewObject, Store } from './store/types.ts';

/** Paths that answer 200 at the ingress before the platform counts as ready: set on the Service that answers them. */
export const readyPathsAnnotation = 'kagari.dev/ready-paths';

export const readyPaths = (applied: readonly NewObject[]): string[] =>
  applied.flatMap(
    ({ metadata }) => metadata.annotations?.[readyPathsAnnotation]?.split(/\s+/).filter(Boolean) ?? [],
  );

export interface Patience {
  signal: AbortSignal;
  /** Told every few seconds, for people. */
  waitingFor(what: string): void;
}

const tellEveryMs = 5_000;
const longestMs = 60_000;

const withReadyCondition = new Set(['serving.knative.dev', 'eventing.knative.dev', 'sources.knative.dev']);

/**
 * Waits until every applied object with a Ready condition is Ready or has failed. What depends on a failed Service never
 * does either: it is waited for no longer than the Services, and nothing longer than a minute. Answers what is not Ready.
 */
export const settled = async (
  store: Store,
  applied: readonly NewObject[],
  { signal, waitingFor }: Patience,
): Promise<KubeObject[]> => {
  const named = applied.filter(({ apiVersion }) => withReadyCondition.has(apiVersion.split('/')[0] ?? ''));
  const unready = () =>
    named
      .flatMap((object) => store.get(kindOf(object), object.metadata.namespace, object.metadata.name) ?? [])
      .filter((object) => stateOf(object) !== 'True');
  const began = Date.now();
  let told = began;
  while (!signal.aborted && Date.now() - began < longestMs) {
    const left = unready();
    const unknown = left.filter((object) => stateOf(object) === 'Unknown');
    const failed = left.some((object) => object.kind === 'Service' && stateOf(object) === 'False');
    const services = unknown.filter(({ kind }) => kind === 'Service');
    if (unknown.length === 0 || (failed && services.length === 0)) return left;
    if (Date.now() - told > tellEveryMs) {
      told = Date.now();
      waitingFor(unknown.map(nameAndReason).join('; '));
    }
    await nextChange(store, 1_000);
  }
  return unready();
};

const stateOf = ({ metadata, status }: KubeObject): string =>
  status?.observedGeneration === metadata.generation ? (readyOf({ status })?.status ?? 'Unknown') : 'Unknown';

/** `Service shop: ContainerMissing: Unable to fetch image …` */
export const nameAndReason = ({ kind, metadata, status }: KubeObject): string => {
  const { reason, message } = readyOf({ status }) ?? {};
  return [`${kind} ${metadata.name}`, reason, message].filter(Boolean).join(': ');
};

const nextChange = (store: Store, withinMs: number): Promise<void> =>
  new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      unwatch();
      resolve();
    };
    const timer = setTimeout(end, withinMs);
    const unwatch = store.watch(undefined, undefined, () => setImmediate(end));
  });

/** Asks the paths at the ingress until all answer 200. */
export const answering = async (
  port: number,
  paths: readonly string[],
  { signal, waitingFor }: Patience,
): Promise<void> => {
  await Promise.all(
    paths.map(async (path) => {
      for (let told = Date.now(); !signal.aborted; ) {
        const status = await ask(port, path);
        if (status === 200) return;
        if (Date.now() - told > tellEveryMs) {
          told = Date.now();
          waitingFor(`${path}, which answers ${status ?? 'nothing'}`);
        }
        await sleep(20, undefined, { signal }).catch(() => undefined);
      }
    }),
  );
};

/** Asks the event log until it answers. */
export const logAnswering = async (
  log: { ping(): Promise<void> },
  name: string,
  { signal, waitingFor }: Patience,
): Promise<void> => {
  for (let told = 0; !signal.aborted; ) {
    const failure = await log.ping().then(
      () => undefined,
      (error: Error) => error,
    );
    if (!failure) return;
    if (Date.now() - told > tellEveryMs) {
      told = Date.now();
      waitingFor(`${name}: ${failure.message}`);
    }
    await sleep(200, undefined, { signal }).catch(() => undefined);
  }
};

/** On loopback itself, whatever proxy this process is told to use. */
const ask = (port: number, path: string): Promise<number | undefined> =>
  new Promise((resolve) => {
    const asking = request({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      response.resume();
      response.once('close', () => resolve(response.statusCode));
    });
    asking.once('error', () => resolve(undefined));
    asking.end();
  });
