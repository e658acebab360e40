import { type EventLog, LogError, type NewRecord, type Position } from '../../eventing/log/port.ts';
import { invalid, notFound, Problem } from '../kit/problem.ts';

export interface Message {
  topic: string;
  key?: string | undefined;
  /** Any JSON. */
  value?: unknown;
}

/** A Broker's events come through its ingress alone; what begins with two underscores is Kafka's own. */
const reserved = /^(?:knative-broker-|__)/;

/** Appends a message as JSON text; answers its place. Throws 403, 404, 413, 422, and 503 while the log is away. */
export const produce = async (
  log: Pick<EventLog, 'append'>,
  { topic, key, value }: Message,
): Promise<Position> => {
  if (reserved.test(topic)) throw new Problem('forbidden', 'Nothing is produced to this topic from here.');
  const record = {
    key: key ?? null,
    value: jsonBytes(value),
    headers: { 'content-type': 'application/json' },
  };
  return (await append(log, topic, record)) as Position;
};

const append = async (log: Pick<EventLog, 'append'>, topic: string, record: NewRecord) => {
  try {
    const [position] = await log.append(topic, [record]);
    return position;
  } catch (error) {
    throw error instanceof LogError ? (refusals[error.code]?.(error) ?? error) : error;
  }
};

const refusals: { [Code in LogError['code']]?: (error: LogError) => Problem } = {
  'unknown-topic': () => notFound('There is no such topic.'),
  'invalid-topic': () => invalid([{ pointer: '#/topic', detail: 'no topic name' }]),
  'too-large': (cause) => new Problem('too-large', 'The message is too large.', { cause }),
};

/** Text of JSON, so that a string comes back as one: "12" is no 12. */
const jsonBytes = (value: unknown): Uint8Array => {
  try {
    return Buffer.from(JSON.stringify(value));
  } catch {
    // What the parser takes can be deeper than its way back.
    throw invalid([{ pointer: '#/value', detail: 'nested too deeply' }]);
  }
};
