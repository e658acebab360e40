import { createAttempts } from '../broker/attempts.ts';
import type { Deliver } from '../broker/deliver.ts';
import { type Logger, silent } from '../log/logger.ts';
import { type EventLog, LogError } from '../log/port.ts';
import { createDispatch } from './dispatch.ts';
import { createSource, type Source } from './source.ts';
import type { SourceDelivery, Sources } from './types.ts';

export interface SourcesOptions {
  log: EventLog;
  /** Whoever made it closes it. */
  deliver: Deliver;
  /** Called after each attempt to deliver, at once; what it throws is logged. */
  onDelivery?: (delivery: SourceDelivery) => void;
  logger?: Logger;
}

/** The data plane of KafkaSources over an event log. */
export const createSources = ({
  log,
  deliver,
  onDelivery = () => {},
  logger = silent,
}: SourcesOptions): Sources => {
  const sources = new Map<string, Source>();
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

  return {
    async set(spec) {
      const key = `${spec.namespace}/${spec.name}`;
      const source = sources.get(key) ?? createSource(spec, { log, dispatch });
      sources.set(key, source);
      await source.update(spec);
    },

    async remove({ namespace, name, group }) {
      const key = `${namespace}/${name}`;
      await sources.get(key)?.close({ graceMs: 0 });
      sources.delete(key);
      try {
        await log.deleteGroup(group);
      } catch (error) {
        // Others are in the group: it is theirs now.
        if (!(error instanceof LogError) || error.code !== 'conflict') throw error;
      }
    },

    async close(options) {
      await Promise.all([...sources.values()].map((source) => source.close(options)));
      sources.clear();
    },
  };
};
