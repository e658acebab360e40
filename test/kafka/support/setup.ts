import { kafkaJars, whatIsMissing } from './jars.ts';

/** Real brokers or nothing: says what to install, and fetches the jars before any test's time runs. */
export const setup = async (): Promise<void> => {
  const missing = await whatIsMissing();
  if (missing)
    throw new Error(`the Kafka suite starts real brokers: it needs ${missing} on the PATH (Java 17, Maven)`);
  await kafkaJars();
};
