import { createAttempts } from '../broker/attempts.ts';
import type { Deliver } from '../broker/deliver.ts';
import { type Logger, silent } from '../log/logger.ts';
import { type EventLog, LogError } from '../log/port.ts';
import { type SharedLog, shareLogs } from '../log/shared-logs.ts';
import { createDispatch, type Version } from './dispatch.ts';
import { createSource, type Source, versionOf } from './source.ts';
import type { SourceDelivery, SourceSpec, Sources } from './types.ts';

export interface SourcesOptions {
  /** The platform's own. */
  log: EventLog;
  /** The log on another Kafka's servers; nothing is connected yet. It is closed here. */
  openKafka: (servers: readonly string[]) => Promise<EventLog>;
  /** Whoever made it closes it. */
  deliver: Deliver;
  /** Called after each attempt to deliver, at once; what it throws is logged. */
  onDelivery?: (delivery: SourceDelivery) => void;
  logger?: Logger;
}

/** Another Kafka is asked again later; whoever waits for what can be done now does not wait for it. */
const answerWithinMs = 3_000;

/** The data plane of KafkaSources over the platform's event log and other Kafkas. */
export const createSources = ({
  log,
  openKafka,
  deliver,
  onDelivery = () => {},
  logger = silent,
}: SourcesOptions): Sources => {
  const served = new Map<string, Served>();
  const share = shareLogs(openKafka);
  const dispatch = createDispatch({
    attempts: createAttempts(deliver),
    logger,
    onDelivery: (delivery) => {
      try {
        onDelivery(delivery);
      } catch (err) {
        logger.error({ err }, 'the hook for deliveries failed');
      }
    },
  });

  const use = async (kafka: SourceSpec['kafka']): Promise<SharedLog> =>
    kafka ? share(kafka) : { log, giveBack: async () => {} };

  const begin = async (key: string, version: Version): Promise<Served> => {
    const { kafka } = version.spec;
    const shared = await use(kafka);
    const source = createSource(version, { log: shared.log, makesTopics: !kafka, dispatch });
    const one = { kafka, shared, source };
    served.set(key, one);
    return one;
  };

  const leave = async (key: string, options?: { graceMs?: number }): Promise<Served | undefined> => {
    const one = served.get(key);
    served.delete(key);
    await one?.source.close(options);
    return one;
  };

  return {
    async set(spec) {
      const version = versionOf(spec);
      const key = keyOf(spec);
      const standing = served.get(key);
      const stays = standing && String(standing.kafka) === String(spec.kafka);
      if (!stays) await (await leave(key))?.shared.giveBack();
      const { shared, source } = stays ? standing : await begin(key, version);
      if (spec.kafka) await answering(shared.log);
      await source.update(version);
    },

    async remove({ group, ...spec }) {
      const left = await leave(keyOf(spec), { graceMs: 0 });
      const { kafka } = left ?? spec;
      const { log, giveBack } = left?.shared ?? (await use(kafka));
      try {
        if (kafka) await answering(log);
        await log.deleteGroup(group);
      } catch (error) {
        const code = error instanceof LogError && error.code;
        if (code === 'unavailable' && kafka)
          logger.warn(
            { err: error, kafka, group },
            'a removed source leaves its group in a Kafka that does not answer',
          );
        // Others are in the group: it is theirs now.
        else if (code !== 'conflict') throw error;
      } finally {
        await giveBack();
      }
    },

    async close(options) {
      await Promise.all(
        [...served.keys()].map(async (key) => (await leave(key, options))?.shared.giveBack()),
      );
    },
  };
};

interface Served {
  kafka: SourceSpec['kafka'];
  shared: SharedLog;
  source: Source;
}

const keyOf = ({ namespace, name }: Pick<SourceSpec, 'namespace' | 'name'>): string => `${namespace}/${name}`;

const answering = async (log: EventLog): Promise<void> => {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new LogError('unavailable', `Kafka: no answer within ${answerWithinMs} ms`)),
    answerWithinMs,
  );
  await Promise.race([log.ping(), late.promise]).finally(() => clearTimeout(timer));
};
