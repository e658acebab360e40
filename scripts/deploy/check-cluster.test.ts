import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../knative/local/store/types.ts';
import { checkCluster } from './check-cluster.ts';
import type { Kubectl } from './kubectl.ts';
import { install } from './missing.ts';
import { standing } from './testing.ts';

const workload = (kind: string) => (place: string) => {
  const [namespace, name = ''] = place.split('/');
  const status = kind === 'Deployment' ? { availableReplicas: 1 } : { availableReplicas: 0 };
  return standing('apps/v1', kind, name, { metadata: { namespace }, status });
};
const everywhere = [
  'knative-serving/controller',
  'knative-serving/webhook',
  'knative-serving/activator',
  'knative-serving/autoscaler',
  'knative-serving/net-kourier-controller',
  'kourier-system/3scale-kourier-gateway',
  'knative-eventing/eventing-controller',
  'knative-eventing/eventing-webhook',
];
const resources = [
  'services.serving.knative.dev',
  'ingresses.networking.internal.knative.dev',
  'triggers.eventing.knative.dev',
  'brokers.eventing.knative.dev',
];
const channels = {
  resources: [...resources, 'inmemorychannels.messaging.knative.dev'],
  workloads: [
    ...everywhere,
    ...[
      'mt-broker-controller',
      'mt-broker-ingress',
      'mt-broker-filter',
      'imc-controller',
      'imc-dispatcher',
    ].map((name) => `knative-eventing/${name}`),
  ].map(workload('Deployment')),
};
const kafka = {
  resources: [...resources, 'kafkasinks.eventing.knative.dev', 'kafkasources.sources.knative.dev'],
  workloads: [
    ...[...everywhere, 'knative-eventing/kafka-controller', 'knative-eventing/kafka-broker-receiver'].map(
      workload('Deployment'),
    ),
    ...['knative-eventing/kafka-broker-dispatcher', 'knative-eventing/kafka-source-dispatcher'].map(
      workload('StatefulSet'),
    ),
  ],
};
const broker = (brokerClass: string) =>
  standing('eventing.knative.dev/v1', 'Broker', 'default', {
    metadata: { annotations: { 'eventing.knative.dev/broker.class': brokerClass } },
  });
const source = standing('sources.knative.dev/v1', 'KafkaSource', 'consumer');

interface Cluster {
  resources: readonly string[];
  workloads: readonly KubeObject[];
}

/** A cluster with all rights and without a limit of its room. */
const kubectlOf = ({ resources, workloads }: Cluster): Kubectl => ({
  words: 'kubectl --context there',
  run: async ([verb]) => (verb === 'api-resources' ? resources.join('\n') : 'true\n'.repeat(9)),
  list: async (kinds) => {
    if (kinds === 'deployments.apps,statefulsets.apps') return [...workloads];
    const allocatable = { memory: '64Gi', cpu: '64' };
    return kinds === 'nodes' ? [standing('v1', 'Node', 'n', { status: { allocatable } })] : [];
  },
  apply: async () => {},
});
const missing = (cluster: Cluster, objects: KubeObject[]) => checkCluster(kubectlOf(cluster), objects);
const without = (cluster: Cluster, name: string): Cluster => ({
  resources: cluster.resources.filter((resource) => resource !== name),
  workloads: cluster.workloads.filter(({ metadata }) => metadata.name !== name),
});

describe('what a cluster lacks', () => {
  it('is nothing where all parts are there; a dispatcher of Kafka’s has pods only when there is work', async () => {
    expect(await missing(channels, [broker('MTChannelBasedBroker')])).toEqual([]);
    expect(await missing(kafka, [broker('Kafka'), source])).toEqual([]);
  });

  it.each([
    ['imc-controller'],
    ['imc-dispatcher'],
    ['mt-broker-ingress'],
    ['inmemorychannels.messaging.knative.dev'],
  ])('for a Broker on channels is named: %s', async (name) => {
    const [part, ...more] = await missing(without(channels, name), [broker('MTChannelBasedBroker')]);
    expect(part?.what).toMatch(/^Knative's Broker on channels is not installed in the cluster/);
    expect(part?.mend).toBe(install.channelBroker);
    expect(more).toEqual([]);
  });

  it.each([
    ['kafka-broker-receiver', "Knative's Broker for Kafka", install.kafkaBroker],
    ['kafka-broker-dispatcher', "Knative's Broker for Kafka", install.kafkaBroker],
    ['kafka-source-dispatcher', 'KafkaSource', install.kafkaSource],
  ])('of Kafka’s data planes is named: %s, with the command that installs it', async (name, part, mend) => {
    expect(await missing(without(kafka, name), [broker('Kafka'), source])).toEqual([
      { what: `${part} is not installed in the cluster (knative-eventing/${name})`, mend },
    ]);
  });

  it('has a Deployment without a ready pod told from one that is not there', async () => {
    const workloads = channels.workloads.map((object) =>
      object.metadata.name === 'imc-dispatcher' ? { ...object, status: {} } : object,
    );
    expect(await missing({ ...channels, workloads }, [broker('MTChannelBasedBroker')])).toEqual([
      {
        what: "Knative's Broker on channels does not run (knative-eventing/imc-dispatcher has no pod that is ready)",
        mend: 'kubectl -n knative-eventing describe deployment imc-dispatcher',
      },
    ]);
  });
});
