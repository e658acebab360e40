import type { Logger } from '../log/logger.ts';
import { type EventLog, LogError } from '../log/port.ts';
import { type CloudEvent, NotAnEvent } from './event.ts';
import { type Headers, readEvent } from './http-message.ts';
import { toRecord } from './record.ts';
import type { IngressAnswer, IngressRequest } from './types.ts';

interface Deps {
  log: EventLog;
  /** The topic of a broker that is served. */
  topicOf(namespace: string, broker: string): string | undefined;
  maxEventBytes: number;
  logger: Logger;
}

/** Attributes travel as headers: what a receiver would refuse later is refused here. */
const mostAttributeBytes = 8_192;

/** Takes events in; the answer says what became of one. Never rejects. */
export const createIngress = ({ log, topicOf, maxEventBytes, logger }: Deps) => {
  const accept = async ({
    namespace,
    broker,
    method,
    headers,
    body,
  }: IngressRequest): Promise<IngressAnswer> => {
    if (method !== 'POST') return { ...answer(405, 'events are posted'), headers: { allow: 'POST' } };
    const topic = topicOf(namespace, broker);
    if (topic === undefined) return answer(404, `there is no broker ${broker} in namespace ${namespace}`);
    const bytes = await readBody(headers, body, maxEventBytes);
    if (!bytes) return answer(413, `an event has at most ${maxEventBytes} bytes`);
    const event = readEvent(headers, bytes);
    if (attributeBytes(event) > mostAttributeBytes)
      return answer(413, `the attributes of an event have at most ${mostAttributeBytes} bytes`);
    await log.append(topic, [toRecord(event)]);
    return answer(202);
  };

  return async (request: IngressRequest): Promise<IngressAnswer> => {
    try {
      return await accept(request);
    } catch (error) {
      const { namespace, broker } = request;
      if (error instanceof NotAnEvent) return answer(400, error.message);
      if (error instanceof BodyBroken) return answer(400, 'the body did not arrive whole');
      if (error instanceof LogError && error.code === 'too-large') return answer(413, error.message);
      logger.error({ err: error, namespace, broker }, 'an event was not stored');
      return { ...answer(503, 'the event was not stored'), headers: { 'retry-after': '1' } };
    }
  };
};

const answer = (status: IngressAnswer['status'], reason?: string): IngressAnswer => ({
  status,
  headers: {},
  ...(reason !== undefined && { reason }),
});

class BodyBroken extends Error {}

/** Undefined where it is longer than `most`; of what is too long no more is read. */
const readBody = async (
  headers: Headers,
  body: IngressRequest['body'],
  most: number,
): Promise<Uint8Array | undefined> => {
  if (body instanceof Uint8Array) return body.byteLength > most ? undefined : body;
  if (Number(headers['content-length']) > most) return undefined;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      bytes += chunk.byteLength;
      if (bytes > most) return undefined;
      chunks.push(chunk);
    }
  } catch {
    throw new BodyBroken();
  }
  return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
};

const attributeBytes = ({ attributes }: CloudEvent): number => {
  let bytes = 0;
  for (const [name, value] of attributes) bytes += name.length + Buffer.byteLength(value);
  return bytes;
};
