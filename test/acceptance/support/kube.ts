import { Agent, request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Access } from './kubeconfig.ts';
import { until } from './until.ts';

// Objects of an API are read as they come.
// biome-ignore lint/suspicious/noExplicitAny: their shape is what the tests are about.
export type KubeObject = any;

const kinds = {
  ksvc: ['serving.knative.dev/v1', 'services'],
  configuration: ['serving.knative.dev/v1', 'configurations'],
  revision: ['serving.knative.dev/v1', 'revisions'],
  route: ['serving.knative.dev/v1', 'routes'],
  domain: ['serving.knative.dev/v1beta1', 'domainmappings'],
  claim: ['networking.internal.knative.dev/v1alpha1', 'clusterdomainclaims'],
  broker: ['eventing.knative.dev/v1', 'brokers'],
  trigger: ['eventing.knative.dev/v1', 'triggers'],
  ping: ['sources.knative.dev/v1', 'pingsources'],
  binding: ['sources.knative.dev/v1', 'sinkbindings'],
  kafka: ['sources.knative.dev/v1', 'kafkasources'],
  pod: ['v1', 'pods'],
  event: ['v1', 'events'],
  secret: ['v1', 'secrets'],
  configmap: ['v1', 'configmaps'],
} as const;
export type Kind = keyof typeof kinds;

export interface Asked {
  body?: unknown;
  type?: string;
  headers?: Record<string, string>;
  /** Instead of the kubeconfig's; null: none. */
  token?: string | null;
}
export interface Answered {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: KubeObject;
}

export type Kube = ReturnType<typeof createKube>;

/** The Kubernetes API by plain HTTPS, as the kubeconfig says, in one namespace. */
export const createKube = (access: Access, namespace: string) => {
  const { ca, cert, key } = access;
  const agent = new Agent({ keepAlive: true, ca, cert, key });
  const anonymous = new Agent({ ca });

  const ask = (method: string, path: string, asked: Asked = {}): Promise<Answered> =>
    new Promise((resolve, reject) => {
      const { body, token = access.token, headers = {} } = asked;
      const type = asked.type ?? (method === 'PATCH' ? 'application/merge-patch+json' : 'application/json');
      const text = body === undefined ? undefined : JSON.stringify(body);
      const asking = request(new URL(path, access.server), {
        method,
        // The certificate is checked against the address, whatever a Host header says.
        servername: '',
        agent: asked.token === undefined ? agent : anonymous,
        headers: {
          accept: 'application/json',
          ...(text !== undefined && { 'content-type': type, 'content-length': Buffer.byteLength(text) }),
          ...(token && { authorization: `Bearer ${token}` }),
          ...headers,
        },
      });
      asking.on('error', reject);
      asking.on('response', async (response) => {
        let answer = '';
        for await (const chunk of response.setEncoding('utf8')) answer += chunk;
        const json = response.headers['content-type']?.includes('json') && answer !== '';
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: json ? JSON.parse(answer) : answer,
        });
      });
      asking.end(text);
    });

  const pathOf = (kind: Kind, name = '') => {
    const [version, plural] = kinds[kind];
    const where = kind === 'claim' ? '' : `/namespaces/${namespace}`;
    return `${version === 'v1' ? '/api' : '/apis'}/${version}${where}/${plural}${name && `/${name}`}`;
  };

  const accepted = async (method: string, path: string, asked?: Asked): Promise<KubeObject> => {
    const { status, body } = await ask(method, path, asked);
    if (status < 300) return body;
    throw new Error(`${method} ${path}: ${status} ${body.message ?? body}`);
  };

  const kube = {
    ask,
    pathOf,
    versionOf: (kind: Kind): string => kinds[kind][0],
    get: (kind: Kind, name: string) => accepted('GET', pathOf(kind, name)),
    list: async (kind: Kind, selector = ''): Promise<KubeObject[]> =>
      (await accepted('GET', `${pathOf(kind)}?labelSelector=${encodeURIComponent(selector)}`)).items,
    create: (kind: Kind, object: KubeObject) =>
      accepted('POST', pathOf(kind), { body: { apiVersion: kinds[kind][0], ...object } }),
    patch: (kind: Kind, name: string, body: unknown) => accepted('PATCH', pathOf(kind, name), { body }),
    /** Absent is removed, too. */
    async remove(kind: Kind, name: string): Promise<void> {
      const { status, body } = await ask('DELETE', pathOf(kind, name));
      if (status >= 300 && status !== 404) throw new Error(`DELETE ${kind} ${name}: ${body.message}`);
    },
    /** What the controllers have seen whole, and call ready. */
    ready: (kind: Kind, name: string, ms = 90_000): Promise<KubeObject> =>
      until(
        `${kind} ${name} is ready`,
        async () => {
          const object = await kube.get(kind, name);
          return isSettled(object) && conditionOf(object, 'Ready').status === 'True' && object;
        },
        ms,
      ),
    /**
     * Ready, and gets what is sent from now on: on a channel in memory a Trigger says Ready half a second too early, then
     * Unknown (SubscriptionNotMarkedReadyByChannel), then Ready.
     */
    listening: async (trigger: string): Promise<KubeObject> => {
      const object = await kube.ready('trigger', trigger);
      if (!isInMemory(await kube.get('broker', object.spec.broker))) return object;
      await sleep(1_000);
      return kube.ready('trigger', trigger);
    },
    pods: (service: string): Promise<KubeObject[]> =>
      kube
        .list('pod', `serving.knative.dev/service=${service}`)
        .then((pods) => pods.filter((pod) => !pod.metadata.deletionTimestamp)),
    close: () => agent.destroy(),
  };
  return kube;
};

/** Whether a Broker's events are in the memory of a channel, and not in Kafka. */
export const isInMemory = ({ metadata }: KubeObject): boolean =>
  metadata.annotations?.['eventing.knative.dev/broker.class'] === 'MTChannelBasedBroker';

const isSettled = ({ metadata, status }: KubeObject): boolean =>
  status?.observedGeneration === metadata.generation;

export const conditionOf = (
  object: KubeObject,
  type: string,
): { status: string; reason?: string; message?: string } =>
  object.status?.conditions?.find((one: { type: string }) => one.type === type) ?? { status: 'Unknown' };
