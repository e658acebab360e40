import type { TestProject } from 'vitest/node';
import { setup as onePlatform } from '../../acceptance/support/one-platform.ts';
import { startKafka } from './kafka.ts';

/** The acceptance suite's platform, with its events on a real Kafka. */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const kafka = await startKafka(1);
  process.env.KAFKA_BROKERS = kafka.brokers.join();
  try {
    const stop = await onePlatform(project);
    return async () => {
      await stop();
      await kafka.end();
    };
  } catch (error) {
    await kafka.end();
    throw error;
  }
};
