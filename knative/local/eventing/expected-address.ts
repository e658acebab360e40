import { kindOf } from '../store/kinds.ts';
import type { KubeObject } from '../store/types.ts';
import { brokerUrl } from './broker-address.ts';
import { statusAddress } from './destination.ts';

/**
 * An object's address also before its controller has written it. So a Service applied together with its SinkBinding
 * and Broker is admitted with its sink, and needs no second revision for it.
 */
export const expectedAddress = (object: KubeObject): string | undefined => {
  const known = statusAddress(object);
  if (known) return known;
  const { name, namespace } = object.metadata;
  switch (kindOf(object)) {
    case 'Broker.eventing.knative.dev':
      return brokerUrl(object);
    case 'Service.serving.knative.dev':
      return `http://${name}.${namespace}.svc.cluster.local`;
    default:
      return undefined;
  }
};
