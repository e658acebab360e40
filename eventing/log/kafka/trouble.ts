import type { Logger } from '../logger.ts';

/** Says once that Kafka keeps consumers from reading, and once that it no longer does, however many meet it. */
export interface Trouble {
  met(member: object, error: unknown): void;
  over(member: object): void;
}

/** A broker that moves its partitions fails a try or two. */
const mostTries = 3;

export const createTrouble = (logger: Logger, brokers: readonly string[]): Trouble => {
  const failures = new Map<object, number>();
  let said = false;
  return {
    met(member, err) {
      const tries = (failures.get(member) ?? 0) + 1;
      failures.set(member, tries);
      if (said || tries < mostTries) return;
      said = true;
      logger.warn({ err, brokers }, 'Kafka does not let consumers read; they keep trying');
    },
    over(member) {
      if (!failures.delete(member) || failures.size > 0 || !said) return;
      said = false;
      logger.info({ brokers }, 'Kafka lets consumers read again');
    },
  };
};
