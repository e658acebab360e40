import type { Logger } from './logger.ts';
import type { EventLog } from './port.ts';
import { createPostgresLog } from './postgres.ts';

export interface LogPlace {
  databaseUrl: string;
  /** `host:port`; absent: the log is in the database. */
  kafkaBrokers?: readonly string[] | undefined;
  /** How brokers name this client. */
  clientId: string;
  logger?: Logger;
}

/** The event log on Kafka where brokers are named, else the embedded one. Nothing is connected yet. */
export const openLog = async ({
  databaseUrl,
  kafkaBrokers,
  clientId,
  ...rest
}: LogPlace): Promise<EventLog> => {
  if (!kafkaBrokers) return createPostgresLog({ url: databaseUrl, ...rest });
  // A start without Kafka does not load its client.
  const { createKafkaLog } = await import('./kafka.ts');
  return createKafkaLog({ brokers: kafkaBrokers, clientId, ...rest });
};
