import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { createKafkaLog } from '../../../eventing/log/kafka.ts';
import type { Position } from '../../../eventing/log/port.ts';

/** Whoever stores texts under keys in a topic, all of one call at once. */
export interface Producer {
  /** Resolves when all of them are acknowledged; with their places, where it knows them. */
  append(topic: string, texts: { key: string; text: string }[]): Promise<Position[] | undefined>;
  close(): Promise<void>;
}

export const eventLogProducer = (brokers: string[]): Producer => {
  const log = createKafkaLog({ brokers });
  return {
    append: (topic, texts) =>
      log.append(
        topic,
        texts.map(({ key, text }) => ({ key, value: Buffer.from(text) })),
      ),
    close: log.close,
  };
};

/** kafkajs as its documentation shows it: one idempotent producer for all, a batch over several partitions a send. */
export const plainKafkajsProducer = async (brokers: string[]): Promise<Producer> => {
  const retry = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 20 };
  const kafka = new Kafka({
    brokers,
    retry,
    connectionTimeout: 3_000,
    requestTimeout: 10_000,
    logLevel: logLevel.NOTHING,
  });
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
    retry,
  });
  await producer.connect();
  return {
    async append(topic, texts) {
      await producer.send({
        topic,
        acks: -1,
        messages: texts.map(({ key, text }) => ({ key, value: text })),
      });
      return undefined;
    },
    close: () => producer.disconnect(),
  };
};
