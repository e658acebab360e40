import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { until } from '../../acceptance/support/until.ts';
import { countLostAppends } from '../../kafka/chaos/lost-appends.ts';
import { eventLogProducer } from '../../kafka/chaos/producers.ts';
import { applyKafka, byForce, byKill9 } from '../kafka/stateful-set.ts';
import { kubectl } from '../lab.ts';

const minutes = 60_000;
let kafka: Awaited<ReturnType<typeof applyKafka>>;
beforeAll(async () => {
  kafka = await applyKafka(inject('target').kubeconfig);
}, 10 * minutes);
afterAll(async () => {
  await kafka?.remove();
  // Those that began with these brokers go on without.
  const which = 'serving.knative.dev/service in (api,producer)';
  await kubectl(['delete', 'pods', '-n', 'kagari', '-l', which, '--wait=false']);
}, 10 * minutes);

const identities = () => Promise.all([0, 1, 2].map((ordinal) => kafka.identity(ordinal)));
const allReplicasHaveAll = () =>
  until('every replica has all', async () => (await kafka.lagging()).trim() === '', 2 * minutes);

describe('Kafka of knative/manifests on a cluster', () => {
  it('is three brokers with a volume each, and its Job makes the topics', async () => {
    const brokers = await identities();
    for (const [ordinal, { written }] of brokers.entries()) expect(written).toContain(`node.id=${ordinal}`);
    expect(new Set(brokers.map(({ volume }) => volume)).size).toBe(3);
    await until(
      'the Job has ended',
      async () => {
        const { body } = await kafka.kube.ask('GET', '/apis/batch/v1/namespaces/kagari/jobs/topics');
        return body.status.succeeded === 1;
      },
      2 * minutes,
    );
    const described = await kafka.topic('messages');
    expect(described).toMatch(
      /PartitionCount: 12\s+ReplicationFactor: 3\s+Configs: .*min\.insync\.replicas=2/,
    );
  });

  it.each([
    ['whose pod is deleted by force', byForce],
    ['whose process is killed with -9', byKill9],
  ])(
    'loses nothing that was acknowledged with a broker %s, which comes back as who it was',
    async (_, kill) => {
      const before = await identities();
      const brokers = kafka.killedBy(kill);
      const producer = eventLogProducer(brokers.brokers);
      const result = await countLostAppends(brokers, producer, { kills: 1 });
      await producer.close();
      expect(result).toMatchObject({ lost: [], misplaced: [], doubled: 0 });
      expect(result.acknowledged).toBeGreaterThan(1_000);
      expect(await identities()).toEqual(before);
      await allReplicasHaveAll();
    },
    10 * minutes,
  );

  it(
    'has one broker evicted at most',
    async () => {
      await until('one may go', async () => (await kafka.evict(0)).status === 201);
      const { status, body } = await kafka.evict(1);
      expect([status, body.message]).toEqual([429, expect.stringContaining('disruption budget')]);
      await kafka.ready(0);
      await allReplicasHaveAll();
    },
    5 * minutes,
  );
});
