import type { ResourcePath } from '../http/request-info.ts';

const service = 'describe it as a serving.knative.dev/v1 Service';
const scale =
  "set the template's annotations autoscaling.knative.dev/min-scale and max-scale (kn service update NAME --scale 1..3)";
const traffic = 'move traffic back (kn service update NAME --traffic REVISION=100)';
const process =
  'a pod is a process on this machine: its annotation kagari.dev/pid names it; kubectl logs shows what it says';

const groups: Record<string, string> = {
  apps: `${service}; to undo a rollout, ${traffic}`,
  batch: 'use a sources.knative.dev/v1 PingSource that calls a Service on its schedule',
  autoscaling: scale,
  'networking.k8s.io':
    'every Service has its address; for another name use a serving.knative.dev/v1beta1 DomainMapping',
  'gateway.networking.k8s.io': 'for another name use a serving.knative.dev/v1beta1 DomainMapping',
  'messaging.knative.dev': 'use an eventing.knative.dev/v1 Broker and Triggers',
  'flows.knative.dev': 'use an eventing.knative.dev/v1 Broker and Triggers',
  'networking.internal.knative.dev': 'the runtime routes by itself: see routes.serving.knative.dev',
  'autoscaling.internal.knative.dev': scale,
};

const core: Record<string, string> = {
  replicationcontrollers: service,
  endpoints: "a Service's pods are listed by kubectl get pods -l serving.knative.dev/service=NAME",
  persistentvolumeclaims: 'functions keep their state in their database',
};

const podSubresources: Record<string, string> = {
  exec: process,
  attach: process,
  ephemeralcontainers: process,
  portforward: 'a pod listens on 127.0.0.1 already, at the port that its annotation kagari.dev/port names',
  proxy: 'a pod listens on 127.0.0.1 already, at the port that its annotation kagari.dev/port names',
  eviction: 'delete the pod',
};

/** What to use where the runtime does not serve this, as the end of a message; empty where there is no advice. */
export const insteadOf = (group: string, { resource, subresource }: ResourcePath): string => {
  const [sub = ''] = subresource?.split('/') ?? [];
  if (sub === 'scale') return scale;
  if (group === '' && resource === 'pods') return sub ? (podSubresources[sub] ?? '') : service;
  return (group === '' ? core[resource] : groups[group]) ?? '';
};
