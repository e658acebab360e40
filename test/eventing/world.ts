import { randomUUID } from 'node:crypto';
import { type BrokerOptions, createBroker } from '../../eventing/broker/broker.ts';
import type { Broker, Delivery, IngressAnswer, TriggerSpec } from '../../eventing/broker/types.ts';
import type { Logger } from '../../eventing/log/logger.ts';
import type { EventLog } from '../../eventing/log/port.ts';
import { createPostgresLog } from '../../eventing/log/postgres.ts';
import { freshDatabase, type TestDatabase } from '../support/postgres.ts';
import { type Receiver, startReceiver } from './receiver.ts';

export interface World {
  database: TestDatabase;
  log: EventLog;
  broker: Broker;
  deliveries: Delivery[];
  /** What the broker logged as an error. */
  errors: { fields: Record<string, unknown>; message: string }[];
  receiver: typeof startReceiver;
  publish(id: string, attributes?: Record<string, string>, data?: string): Promise<IngressAnswer>;
  /** A broker and log of their own on the same database, as after a restart. */
  another(options?: Partial<BrokerOptions>): { log: EventLog; broker: Broker };
  close(): Promise<void>;
}

export const namespace = 'shop';
export const topic = 'knative-broker-shop-default';
export const group = (name: string): string => `knative-trigger-shop-${name}`;

export const trigger = (name: string, subscriber: string, spec: Partial<TriggerSpec> = {}): TriggerSpec => ({
  namespace,
  name,
  broker: 'default',
  subscriber,
  ...spec,
});

/** A fresh database with a log and a broker `default` of namespace `shop`, served. */
export const openWorld = async (partitions = 3, options: Partial<BrokerOptions> = {}): Promise<World> => {
  const database = await freshDatabase();
  const deliveries: Delivery[] = [];
  const errors: World['errors'] = [];
  const logger: Logger = {
    debug() {},
    info() {},
    warn() {},
    error: (fields, message) => errors.push({ fields: fields as Record<string, unknown>, message }),
  };
  const opened: { log: EventLog; broker: Broker }[] = [];
  const receivers: Receiver[] = [];
  const another = (more: Partial<BrokerOptions> = {}) => {
    const log = createPostgresLog({ url: database.adminUrl, pollMs: 200, leaseMs: 2_000 });
    const broker = createBroker({
      log,
      logger,
      onDelivery: (delivery) => deliveries.push(delivery),
      ...options,
      ...more,
    });
    opened.push({ log, broker });
    return { log, broker };
  };
  const { log, broker } = another();
  await broker.addBroker({ namespace, name: 'default', partitions });
  return {
    database,
    log,
    broker,
    deliveries,
    errors,
    another,
    async receiver(...args) {
      const receiver = await startReceiver(...args);
      receivers.push(receiver);
      return receiver;
    },
    publish: (id, attributes = {}, data = '') => {
      const all = { specversion: '1.0', type: 'test', source: '/test', id, ...attributes };
      const headers = Object.fromEntries(Object.entries(all).map(([name, value]) => [`ce-${name}`, value]));
      return broker.accept({
        namespace,
        broker: 'default',
        method: 'POST',
        headers,
        body: Buffer.from(data),
      });
    },
    async close() {
      await Promise.all(opened.map(({ broker }) => broker.close({ graceMs: 0 })));
      await Promise.all(opened.map(({ log }) => log.close()));
      await Promise.all(receivers.map((receiver) => receiver.close()));
      await database.drop();
    },
  };
};

export const newIds = (many: number): string[] => Array.from({ length: many }, () => randomUUID());
