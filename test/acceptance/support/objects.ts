import type { KubeObject } from './kube.ts';

export interface ServiceSettings {
  image: string;
  env?: Record<string, string>;
  labels?: Record<string, string>;
  /** Of the template. */
  annotations?: Record<string, string>;
  traffic?: object[];
  containerConcurrency?: number;
  container?: object;
}

/** What a namespace with restricted pods wants of each container; as in knative/manifests/base. */
const securityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
};

const scaling = 'autoscaling.knative.dev/';

/** A Knative Service of one container; nothing of it stays for longer than a test needs. */
export const service = (name: string, settings: ServiceSettings): KubeObject => ({
  kind: 'Service',
  metadata: { name, ...(settings.labels && { labels: settings.labels }) },
  spec: serviceSpec(settings),
});

export const serviceSpec = (settings: ServiceSettings): KubeObject => {
  const { image, env = {}, annotations, traffic, containerConcurrency, container } = settings;
  return {
    template: {
      metadata: { annotations: { [`${scaling}window`]: '6s', ...annotations } },
      spec: {
        ...(containerConcurrency !== undefined && { containerConcurrency }),
        containers: [
          {
            image,
            env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
            securityContext,
            ...container,
          },
        ],
      },
    },
    ...(traffic && { traffic }),
  };
};

export const scale = (bounds: { min?: number; max?: number; window?: string }): Record<string, string> => ({
  ...(bounds.min !== undefined && { [`${scaling}min-scale`]: String(bounds.min) }),
  ...(bounds.max !== undefined && { [`${scaling}max-scale`]: String(bounds.max) }),
  ...(bounds.window && { [`${scaling}window`]: bounds.window }),
});

export const toService = (name: string, uri: string) => ({
  ref: { apiVersion: 'serving.knative.dev/v1', kind: 'Service', name },
  uri,
});
export const toBroker = (name: string) => ({
  ref: { apiVersion: 'eventing.knative.dev/v1', kind: 'Broker', name },
});

const earOf = (name: string) => `/?for=${name}`;

/**
 * A Trigger whose every event ends on the dead-letter desk, at once: hello answers a POST with 405, which nobody tries
 * again, while the way to the desk has retries. What the desk lists under the ear's name is what was delivered.
 */
export const watchingTrigger = (name: string, ear: string, filters: object[]): KubeObject => ({
  kind: 'Trigger',
  metadata: { name },
  spec: {
    broker: 'default',
    filters,
    subscriber: toService('hello', earOf(ear)),
    delivery: {
      retry: 6,
      backoffPolicy: 'exponential',
      backoffDelay: 'PT0.2S',
      timeout: 'PT10S',
      deadLetterSink: toService('deadletters', '/_events'),
    },
  },
});

export const heardBy = (ear: string, { destination }: { destination: string | null }): boolean =>
  destination?.endsWith(earOf(ear)) ?? false;
