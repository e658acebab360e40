import { type EventLog, LogError } from './port.ts';

/** Kafka's own log.retention.hours. */
const defaultRetentionMs = 168 * 3_600_000;

/** Makes a topic where none stands; one that stands keeps its partitions and its retention. */
export const ensureTopic = async (
  log: Pick<EventLog, 'createTopic'>,
  topic: string,
  { partitions, retentionMs = defaultRetentionMs }: { partitions: number; retentionMs?: number | undefined },
): Promise<void> => {
  try {
    await log.createTopic(topic, { partitions, retentionMs });
  } catch (error) {
    if (!(error instanceof LogError) || error.code !== 'conflict') throw error;
  }
};
