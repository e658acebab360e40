import * as z from 'zod';

/** KAFKA_BROKERS: `host:port` of some brokers of one Kafka, separated by commas. */
export const brokerList = z
  .string()
  .transform((text) => text.split(',').map((broker) => broker.trim()))
  .refine((brokers) => brokers.every((broker) => /^[\w.-]+:[1-9]\d{0,4}$/.test(broker)), {
    error: 'must be host:port, several separated by commas',
  });
