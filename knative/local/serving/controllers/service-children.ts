import type { TrafficTarget } from '../../admission/serving/traffic.ts';
import type { KubeObject, NewObject } from '../../store/types.ts';
import {
  appliedAnnotation,
  namesIn,
  rolloutAnnotations,
  routesAnnotation,
  serviceLabel,
  serviceUidLabel,
} from './names.ts';
import { controlledBy } from './owner.ts';

/** The Configuration that a Service wants; the routes that others noted on the standing one stay noted. */
export const configurationOf = (service: KubeObject, standing: KubeObject | undefined): NewObject => {
  const { name, namespace = '', uid, labels } = service.metadata;
  const routes = new Set([...namesIn(standing?.metadata.annotations?.[routesAnnotation]), name]);
  return {
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Configuration',
    metadata: {
      name,
      namespace,
      labels: { ...labels, [serviceLabel]: name, [serviceUidLabel]: uid },
      annotations: {
        ...annotationsWithout(service, [appliedAnnotation, ...rolloutAnnotations]),
        [routesAnnotation]: [...routes].sort().join(','),
      },
      ownerReferences: [controlledBy(service)],
    },
    spec: { template: service.spec.template },
  };
};

/** The Route that a Service wants: what names no Revision means its Configuration's latest. */
export const routeOf = (service: KubeObject): NewObject => {
  const { name, namespace = '', labels } = service.metadata;
  const traffic: TrafficTarget[] = service.spec.traffic;
  return {
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Route',
    metadata: {
      name,
      namespace,
      labels: { ...labels, [serviceLabel]: name },
      annotations: annotationsWithout(service, [appliedAnnotation]),
      ownerReferences: [controlledBy(service)],
    },
    spec: {
      traffic: traffic.map((target) =>
        target.revisionName ? target : { ...target, configurationName: name },
      ),
    },
  };
};

const annotationsWithout = ({ metadata }: KubeObject, without: readonly string[]): Record<string, string> =>
  Object.fromEntries(Object.entries(metadata.annotations ?? {}).filter(([key]) => !without.includes(key)));
