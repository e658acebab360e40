import { join } from 'node:path';
import { createKube, type KubeObject } from '../../acceptance/support/kube.ts';
import { readAccess } from '../../acceptance/support/kubeconfig.ts';
import { until } from '../../acceptance/support/until.ts';
import type { Brokers } from '../../kafka/support/kafka.ts';
import { inLab, kubectl } from '../lab.ts';

const here = join(import.meta.dirname);
const ordinals = [0, 1, 2];
const minutes = 60_000;

/** knative/manifests/components/kafka, three brokers on the lab's node; the process must stand in the cluster's network. */
export const applyKafka = async (kubeconfig: string) => {
  const kube = createKube(await readAccess(kubeconfig), 'kagari');
  const podOf = (ordinal: number): Promise<KubeObject> => kube.get('pod', nameOf(ordinal));
  const ready = (ordinal: number, isIt: (pod: KubeObject) => boolean = () => true): Promise<KubeObject> =>
    until(
      `${nameOf(ordinal)} is ready`,
      async () => {
        const pod = await podOf(ordinal);
        return containerOf(pod)?.ready && isIt(pod) && pod;
      },
      5 * minutes,
    );
  await kubectl(['apply', '-k', here]);
  await Promise.all(ordinals.map((ordinal) => ready(ordinal)));

  const inPod = (ordinal: number, ...command: string[]) =>
    kubectl(['exec', '-n', 'kagari', nameOf(ordinal), '--', ...command]);

  return {
    kube,
    ready,
    topic: (name: string) => inPod(0, ...kafkaTopics, '--describe', '--topic', name),
    /** Of partitions with a replica that has not all. */
    lagging: () => inPod(0, ...kafkaTopics, '--describe', '--under-replicated-partitions'),
    /** What a broker is: its pod's claim and volume, and what Kafka has written there of itself. */
    async identity(ordinal: number) {
      const claim = await kube.ask('GET', `${claims}/data-${nameOf(ordinal)}`);
      const written = await inPod(ordinal, 'cat', '/var/lib/kafka/data/logs/meta.properties');
      return {
        claim: claim.body.metadata.uid,
        volume: claim.body.spec.volumeName,
        written: written.split('\n').filter((line) => !line.startsWith('#')),
      };
    },
    /** An eviction, as a drained node asks for it. */
    evict: (ordinal: number) =>
      kube.ask('POST', `${kube.pathOf('pod', nameOf(ordinal))}/eviction`, {
        body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: nameOf(ordinal) } },
      }),
    /** Killed in this way; what is killed comes back by itself. */
    killedBy(kill: (pod: KubeObject) => Promise<unknown>): Brokers {
      const killed = new Map<number, string>();
      return {
        brokers: ordinals.map((ordinal) => `${nameOf(ordinal)}.kafka-brokers.kagari.svc.cluster.local:9092`),
        async kill(broker) {
          const pod = await podOf(broker - 1);
          killed.set(broker, containerOf(pod).containerID);
          await kill(pod);
        },
        start: async (broker) => {
          await ready(broker - 1, (pod) => containerOf(pod).containerID !== killed.get(broker));
        },
      };
    },
    async remove() {
      await kubectl(['delete', '-k', here, '--ignore-not-found', '--timeout=180s']);
      const what = ['pvc', '-l', 'app.kubernetes.io/name=kafka', '-n', 'kagari'];
      await kubectl(['delete', ...what, '--timeout=60s']);
      kube.close();
    },
  };
};

/** All at once, the pod's object and its containers. */
export const byForce = ({ metadata }: KubeObject) =>
  kubectl(['delete', 'pod', metadata.name, '-n', 'kagari', '--force', '--grace-period=0']);

export const byKill9 = (pod: KubeObject) =>
  inLab('ctr', 'tasks', 'kill', '-s', 'SIGKILL', containerOf(pod).containerID.replace('containerd://', ''));

const nameOf = (ordinal: number) => `kafka-${ordinal}`;
const claims = '/api/v1/namespaces/kagari/persistentvolumeclaims';
const kafkaTopics = ['/opt/kafka/bin/kafka-topics.sh', '--bootstrap-server', 'kafka.kagari:9092'];

const containerOf = (pod: KubeObject) =>
  pod.metadata.deletionTimestamp ? undefined : pod.status.containerStatuses?.[0];
