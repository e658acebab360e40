import type { TestProject } from 'vitest/node';
import { startLocally } from '../../acceptance/support/target.ts';
import { startKafka } from './kafka.ts';

/** A local platform whose events go through a real Kafka, for the acceptance suite. */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const kafka = await startKafka(1);
  try {
    const {
      stop,
      startAgainAfter: _,
      ...target
    } = await startLocally({
      KAFKA_BROKERS: kafka.brokers.join(),
    });
    project.provide('target', target);
    return async () => {
      await stop();
      await kafka.end();
    };
  } catch (error) {
    await kafka.end();
    throw error;
  }
};
