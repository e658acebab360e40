import { LogError, type NewRecord } from './port.ts';

export const defaultMaxRecordBytes = 1_048_576;

/** Kafka's rule for topic names. Throws LogError. */
export const checkTopicName = (name: string): void => {
  if (!/^[a-zA-Z0-9._-]{1,249}$/.test(name) || name === '.' || name === '..')
    throw new LogError(
      'invalid-topic',
      `"${name}" is no topic name: 1 to 249 of letters, digits, dot, underscore, hyphen`,
    );
};

/** Bytes of key, headers and value, without a driver's own overhead. */
export const recordBytes = ({ key, value, headers = {} }: NewRecord): number =>
  Object.entries(headers).reduce(
    (sum, [name, text]) => sum + Buffer.byteLength(name) + Buffer.byteLength(text),
    value.byteLength + (key ? Buffer.byteLength(key) : 0),
  );

/** Answers the bytes of all records. Throws LogError when one has more than `most`. */
export const checkSizes = (records: readonly NewRecord[], most: number): number =>
  records.reduce((sum, record) => {
    const bytes = recordBytes(record);
    if (bytes > most)
      throw new LogError('too-large', `a record of ${bytes} bytes: at most ${most} are taken`);
    return sum + bytes;
  }, 0);

export const unknownTopic = (topic: string): LogError =>
  new LogError('unknown-topic', `there is no topic "${topic}"`);
