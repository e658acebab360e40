import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { kubectl, unless } from '../acceptance/support/tools.ts';
import { type Rendered, render } from './render.ts';

const run = promisify(execFile);

describe.skipIf(!kubectl)(`Kafka in the overlay production${unless(kubectl, 'KUBECTL')}`, () => {
  let objects: Rendered[];
  const the = (kind: string, name: string) =>
    objects.find((object) => object.kind === kind && object.metadata.name === name) as Rendered;
  const broker = () => the('StatefulSet', 'kafka').spec;
  const container = () => broker().template.spec.containers[0];
  const variable = (name: string): string =>
    container().env.find((each: { name: string }) => each.name === name)?.value;
  beforeAll(async () => {
    objects = await render('overlays/production');
  });

  it('is three brokers that find each other by the names of their pods', async () => {
    const { replicas, serviceName, podManagementPolicy } = broker();
    const named = (port: number) =>
      Array.from(
        { length: replicas },
        (_, n) => `kafka-${n}.${serviceName}.kagari.svc.cluster.local:${port}`,
      );
    expect(replicas).toBe(3);
    // One after the other none would be ready, for there would be no quorum.
    expect(podManagementPolicy).toBe('Parallel');
    expect(variable('KAFKA_CONTROLLER_QUORUM_VOTERS').split(',')).toEqual(
      named(9093).map((address, n) => `${n}@${address}`),
    );
    const { spec } = the('Service', serviceName);
    expect(spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
    expect(spec.selector).toEqual(broker().template.metadata.labels);
    const [script] = container().args;
    const told = `${script.replace(/^exec .*$/m, '')} echo $KAFKA_NODE_ID $KAFKA_ADVERTISED_LISTENERS`;
    for (const [n, address] of named(9092).entries()) {
      const { stdout } = await run('bash', ['-c', told], { env: { POD_NAME: `kafka-${n}` } });
      expect(stdout.trim()).toBe(`${n} CLIENTS://${address}`);
    }
  });

  it('loses nothing acknowledged with one broker, and loses no two at once on purpose', () => {
    expect(variable('KAFKA_MIN_INSYNC_REPLICAS')).toBe('2');
    for (const topic of ['DEFAULT', 'OFFSETS_TOPIC', 'TRANSACTION_STATE_LOG'])
      expect(variable(`KAFKA_${topic}_REPLICATION_FACTOR`)).toBe('3');
    expect(the('ConfigMap', 'kafka-broker-config').data['default.topic.replication.factor']).toBe('3');
    expect(the('PodDisruptionBudget', 'kafka').spec).toEqual({
      maxUnavailable: 1,
      selector: { matchLabels: broker().template.metadata.labels },
    });
    const [apart] =
      broker().template.spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution;
    expect(apart).toEqual({
      topologyKey: 'kubernetes.io/hostname',
      labelSelector: { matchLabels: broker().template.metadata.labels },
    });
    expect(container().volumeMounts).toContainEqual({ name: 'data', mountPath: '/var/lib/kafka/data' });
    expect(variable('KAFKA_LOG_DIRS')).toMatch(/^\/var\/lib\/kafka\/data\//);
    expect(broker().volumeClaimTemplates[0].metadata.name).toBe('data');
  });

  it('is where functions, the Broker and the KafkaSource look for it, in reach of Knative', () => {
    const brokers = the('ConfigMap', 'event-log').data['kafka-brokers'];
    const { metadata, spec } = the('Service', 'kafka');
    expect(brokers).toBe(`${metadata.name}.${metadata.namespace}.svc.cluster.local:${spec.ports[0].port}`);
    expect(spec.selector).toEqual(broker().template.metadata.labels);
    expect(the('ConfigMap', 'kafka-broker-config').data['bootstrap.servers']).toBe(brokers);
    expect(the('KafkaSource', 'consumer').spec.bootstrapServers).toEqual([brokers]);
    for (const fn of ['api', 'producer'])
      expect(the('Service', fn).spec.template.spec.containers[0].env).toContainEqual({
        name: 'KAFKA_BROKERS',
        valueFrom: { configMapKeyRef: { name: 'event-log', key: 'kafka-brokers', optional: true } },
      });
    const [clients, controllers] = the('NetworkPolicy', 'kafka').spec.ingress;
    expect(clients.ports).toEqual([{ port: 9092 }]);
    expect(clients.from[1].namespaceSelector.matchLabels).toEqual({
      'kubernetes.io/metadata.name': 'knative-eventing',
    });
    expect(controllers.from).toEqual([{ podSelector: { matchLabels: broker().template.metadata.labels } }]);
  });

  it('has its topics made with the partitions that the local runtime gives them', () => {
    const source = the('KafkaSource', 'consumer');
    const [script] = the('Job', 'topics').spec.template.spec.containers[0].args;
    for (const topic of source.spec.topics)
      expect(script).toContain(
        `--topic ${topic} --partitions ${source.metadata.annotations['kagari.dev/topic-partitions']} `,
      );
    expect(script).toContain('--replication-factor 3 ');
  });
});
