import { LogError, type LogErrorCode } from '../port.ts';
import { unknownTopic } from '../rules.ts';

interface KafkaError extends Error {
  /** Kafka's name of the error, of those that a broker answered. */
  type?: string;
  retriable?: boolean;
  host?: string;
  port?: number;
  errors?: KafkaError[];
}

/** Kafka's name of the error, or kafkajs' own, of the one that caused it. */
export const kindOf = (error: unknown): string => {
  const { type, name, cause, errors } = error as KafkaError;
  if (errors?.[0]) return kindOf(errors[0]);
  if (type) return type;
  return cause instanceof Error && name !== 'LogError' ? kindOf(cause) : name;
};

/** The broker at the other end of a connection that was lost. */
export const lostBroker = (error: unknown): { host: string; port: number } | undefined => {
  const { name, host, port } = error as KafkaError;
  return name === 'KafkaJSConnectionClosedError' && host && port ? { host, port } : undefined;
};

/** As a broker would say it. */
export const goneTopic = (topic: string): Error =>
  Object.assign(new Error(`no broker has a topic "${topic}"`), { type: 'UNKNOWN_TOPIC_OR_PARTITION' });

const codes: Record<string, LogErrorCode> = {
  INVALID_TOPIC_EXCEPTION: 'invalid-topic',
  MESSAGE_TOO_LARGE: 'too-large',
  RECORD_LIST_TOO_LARGE: 'too-large',
};

/** What an error of Kafka means for whoever uses the port; the cause stays with it. */
export const asLogError = (error: unknown, topic?: string): LogError => {
  if (error instanceof LogError) return error;
  const kind = kindOf(error);
  if (kind === 'UNKNOWN_TOPIC_OR_PARTITION' && topic !== undefined) return unknownTopic(topic);
  const code = codes[kind] ?? 'unavailable';
  // The last of its tries says what it met.
  const { name, cause = error } = error as Error;
  const met = (name === 'KafkaJSNumberOfRetriesExceeded' ? cause : error) as Error;
  return new LogError(code, `Kafka: ${met.message}`, { cause: met });
};
