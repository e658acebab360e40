/** The annotation that says which implementation a Broker wants; admission writes Kafka where it is absent. */
export const brokerClass = ({ annotations }: { annotations?: Record<string, string> }): string =>
  annotations?.['eventing.knative.dev/broker.class'] ?? 'Kafka';

const ingresses = new Map([['Kafka', 'kafka-broker-ingress']]);

/** Hosts of the internal listener at which Brokers take events. */
export const ingressHosts: readonly string[] = ['kafka-broker-ingress', 'broker-ingress'].map(
  (name) => `${name}.knative-eventing.svc.cluster.local`,
);

/** Where a Broker takes events: the URL that K_SINK holds. */
export const brokerUrl = ({ metadata }: BrokerLike): string => {
  const ingress = ingresses.get(brokerClass(metadata)) ?? 'broker-ingress';
  return `http://${ingress}.knative-eventing.svc.cluster.local/${metadata.namespace}/${metadata.name}`;
};

interface BrokerLike {
  metadata: { name: string; namespace?: string; annotations?: Record<string, string> };
}
