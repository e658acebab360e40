import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createBroker } from '../../../eventing/broker/broker.ts';
import { createDeliver } from '../../../eventing/broker/deliver.ts';
import type { Broker, Delivery } from '../../../eventing/broker/types.ts';
import { openLog } from '../../../eventing/log/open.ts';
import { createSources } from '../../../eventing/source/sources.ts';
import type { SourceDelivery } from '../../../eventing/source/types.ts';
import { createAdmission } from '../admission/admission.ts';
import { openStore, testLog } from '../store/testing.ts';
import type { Admit, KubeObject, Store } from '../store/types.ts';
import { sinkBindingMutator } from './bind-sink.ts';
import { createEventing } from './eventing.ts';
import { brokerIngressHandler } from './ingress-handler.ts';
import { logFailedDeliveries } from './log-deliveries.ts';
import type { Recorder } from './note-failures.ts';
import { aNamespace, aService, template } from './objects.fixture.ts';

export type World = Awaited<ReturnType<typeof openWorld>>;

interface WorldOptions {
  /** Between control plane and data plane. */
  change?: (broker: Broker) => Broker;
  admit?: Admit;
  /** KAFKA_BROKERS; absent: the log is in the database. */
  ownKafka?: string[];
  /** Before the controllers start. */
  prepare?: (store: Store) => void;
}

/** Store, log, data plane, control plane and ingress on one database; `close` leaves the database as a stop would. */
export const openWorld = async (url: string, options: WorldOptions = {}) => {
  const { change = (broker) => broker, admit = createAdmission({ mutators: [sinkBindingMutator] }) } =
    options;
  const log = testLog();
  const store = await openStore(url, { admit });
  const openKafka = (kafkaBrokers?: readonly string[]) =>
    openLog({ databaseUrl: url, kafkaBrokers, clientId: 'test' });
  const eventLog = await openKafka(options.ownKafka);
  const deliveries: Delivery[] = [];
  const deliver = createDeliver();
  const recorded: { about: KubeObject; reason: string; message: string }[] = [];
  const record: Recorder['record'] = (about, _, reason, message) => {
    recorded.push({ about, reason, message });
  };
  const events = { as: () => ({ record }) };
  const failed = logFailedDeliveries({ store, log, events });
  const sourceDeliveries: SourceDelivery[] = [];
  const broker = change(
    createBroker({
      log: eventLog,
      onDelivery: (delivery) => {
        deliveries.push(delivery);
        failed.ofTriggers(delivery);
      },
    }),
  );
  const sources = createSources({
    log: eventLog,
    openKafka,
    deliver,
    logger: log,
    onDelivery: (delivery) => {
      sourceDeliveries.push(delivery);
      failed.ofSources(delivery);
    },
  });
  const { ownKafka } = options;
  const eventing = createEventing({ store, broker, sources, ownKafka, deliver, log, events });
  const ingress = createServer(brokerIngressHandler({ broker, store }));
  await new Promise<void>((resolve) => ingress.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(ingress.address() as AddressInfo).port}`;
  if (!store.get('Namespace', undefined, 'shop')) await store.create(aNamespace('shop'));
  options.prepare?.(store);
  eventing.start();
  await eventing.settled();

  return {
    store,
    eventLog,
    eventing,
    log,
    deliveries,
    sourceDeliveries,
    /** Kubernetes Events. */
    recorded,
    base,
    /** Posts one event and answers the status and the event's id. */
    publish: async (attributes: Record<string, string> = {}, broker = 'default') => {
      const id = randomUUID();
      const all = { specversion: '1.0', type: 'shop.test', source: '/test', id, ...attributes };
      const headers = Object.fromEntries(Object.entries(all).map(([name, value]) => [`ce-${name}`, value]));
      const { status } = await fetch(`${base}/shop/${broker}`, { method: 'POST', headers });
      return { id, status };
    },
    /** A serving Service whose address is this URL. */
    addService: async (name: string, url: string) => {
      const service = await store.create(aService(name, { spec: template() }));
      await store.updateStatus({ ...service, status: { address: { url } } });
    },
    conditions: (kind: string, name: string, namespace = 'shop'): Record<string, string> =>
      Object.fromEntries(
        (store.get(kind, namespace, name)?.status?.conditions ?? []).map(
          ({ type, status, reason }: { type: string; status: string; reason?: string }) => [
            type,
            reason ? `${status} ${reason}` : status,
          ],
        ),
      ),
    close: async () => {
      ingress.closeAllConnections();
      await new Promise((resolve) => ingress.close(resolve));
      await eventing.stop();
      await Promise.all([broker, sources].map((it) => it.close({ graceMs: 200 })));
      deliver.close();
      await eventLog.close();
      await store.close();
    },
  };
};
