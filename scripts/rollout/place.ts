import { readHome, readText, UsageError } from '../command.ts';
import { createKubectl } from '../deploy/kubectl.ts';
import { createTools } from '../deploy/tools.ts';
import { openContext } from './cluster-in-context.ts';
import { openHome } from './cluster-in-home.ts';
import { metricsOfIngress } from './metrics/of-ingress.ts';
import { metricsOfPrometheus } from './metrics/of-prometheus.ts';
import type { Cluster, Metrics } from './ports.ts';

/** Where the Service is, and who counts its requests. */
export interface Place {
  target: { home: string } | { context: string; kubectl: [string, ...string[]] };
  namespace: string;
  /** Absent: the local runtime's own figures. */
  prometheus?: { url: string } | { proxy: string };
}

export const placeOptions = {
  home: { type: 'string' },
  context: { type: 'string' },
  kubectl: { type: 'string' },
  namespace: { type: 'string' },
  prometheus: { type: 'string' },
} as const;

type Values = Partial<Record<keyof typeof placeOptions, string>>;

export const readPlace = (values: Values, env: NodeJS.ProcessEnv): Place => {
  if (values.home !== undefined && values.context !== undefined)
    throw new UsageError('--home and --context exclude each other');
  const kubectl = readText('--kubectl', values.kubectl, 'kubectl').split(/\s+/) as [string, ...string[]];
  return {
    target:
      values.context === undefined
        ? { home: readHome(values.home, env) }
        : { context: readText('--context', values.context, '--home'), kubectl },
    namespace: readText('--namespace', values.namespace, 'kagari'),
    ...(values.prometheus !== undefined && { prometheus: readPrometheus(values.prometheus) }),
  };
};

const readPrometheus = (value: string): NonNullable<Place['prometheus']> => {
  if (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol))
    return { url: value.replace(/\/$/, '') };
  const [, namespace, service] = /^([a-z0-9-]+)\/([a-z0-9-]+:\w+)$/.exec(value) ?? [];
  if (!namespace) throw new UsageError(`--prometheus is ${value}: it takes a URL, or NAMESPACE/SERVICE:PORT`);
  return { proxy: `/api/v1/namespaces/${namespace}/services/${service}/proxy` };
};

const answerWithinMs = 10_000;

export const openPlace = async (
  { target, namespace, prometheus }: Place,
  env: NodeJS.ProcessEnv,
): Promise<{ cluster: Cluster; metrics: Metrics }> => {
  const cluster =
    'home' in target
      ? await openHome(target.home, namespace)
      : openContext(kubectlOf(target, env), namespace);
  if (!prometheus) return { cluster, metrics: metricsOfIngress(cluster) };
  const ask =
    'url' in prometheus ? askUrl(prometheus.url) : (path: string) => cluster.text(prometheus.proxy + path);
  return { cluster, metrics: metricsOfPrometheus(ask, namespace) };
};

const kubectlOf = (
  { context, kubectl }: { context: string; kubectl: [string, ...string[]] },
  env: NodeJS.ProcessEnv,
) =>
  // A rollout ends what it has begun, also after Ctrl-C.
  createKubectl(createTools({ env, signal: new AbortController().signal }), kubectl, context);

const askUrl = (url: string) => async (path: string) => {
  const response = await fetch(url + path, { signal: AbortSignal.timeout(answerWithinMs) });
  // Its errors come as JSON, too, which says more than the code.
  return response.text();
};
