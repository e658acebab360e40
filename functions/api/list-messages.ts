import { readNewest } from '../../eventing/log/newest.ts';
import { type EventLog, LogError, type LogRecord } from '../../eventing/log/port.ts';
import { notFound } from '../kit/problem.ts';

/** The newest messages of a topic as JSON text. Throws 404 for an unknown topic, 503 while the log is away. */
export const listMessages = async (
  log: Pick<EventLog, 'offsets' | 'read'>,
  { topic, limit }: { topic: string; limit: number },
): Promise<string> => {
  const records = await newest(log, topic, limit);
  return `[${records.map(messageText).join(',')}]`;
};

const newest = async (log: Pick<EventLog, 'offsets' | 'read'>, topic: string, limit: number) => {
  try {
    return await readNewest(log, topic, { limit });
  } catch (error) {
    if (error instanceof LogError && error.code === 'unknown-topic')
      throw notFound('There is no such topic.');
    throw error;
  }
};

/** A value that is JSON stands as it came: its numbers keep their digits, and no depth is too great. */
const messageText = ({ topic, partition, offset, key, timestamp, headers, value }: LogRecord): string => {
  const place = JSON.stringify({ topic, partition, offset: String(offset), key, timestamp, headers });
  const text = Buffer.from(value).toString();
  return `${place.slice(0, -1)},"value":${isJson(text) ? text : JSON.stringify(text)}}`;
};

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};
