import { setTimeout as sleep } from 'node:timers/promises';
import { groupOf } from '../../../eventing/broker/trigger.ts';
import type { ClusterOptions } from '../../../eventing/log/kafka/cluster.ts';
import type { Patience } from '../readiness.ts';
import type { Reader } from '../store/types.ts';
import { triggerKind } from './kinds.ts';

/** A platform that was killed is in its groups until its session ends. */
const lingersMs = 12_000;

/**
 * Two platforms in the same groups would each get a part of the other's events: throws where another client is in those of
 * this one's Triggers. A Kafka that does not answer stops nobody.
 */
export const refuseSharedKafka = async (
  store: Reader,
  kafka: ClusterOptions,
  { signal, waitingFor }: Patience,
): Promise<void> => {
  const { findStranger } = await import('../../../eventing/log/kafka/strangers.ts');
  const until = Date.now() + lingersMs;
  for (let told = false; !signal.aborted; ) {
    const groups = store
      .list(triggerKind)
      .map(({ metadata: { namespace = '', name } }) => groupOf(namespace, name));
    const stranger = await findStranger(kafka, groups).catch(() => undefined);
    if (!stranger) return;
    const who = `client "${stranger.clientId}" at ${stranger.host} in the group ${stranger.group}`;
    if (Date.now() > until)
      throw new Error(
        `KAFKA_BROKERS names a Kafka whose events another platform delivers (${who}): each needs a Kafka of its own, see docs/kafka.md`,
      );
    if (!told) waitingFor(`another platform to leave this Kafka: ${who}`);
    told = true;
    await sleep(500, undefined, { signal }).catch(() => undefined);
  }
};
