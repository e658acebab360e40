import { createBroker } from '../../../../eventing/broker/broker.ts';
import { createDeliver } from '../../../../eventing/broker/deliver.ts';
import { openLog } from '../../../../eventing/log/open.ts';
import { createSources } from '../../../../eventing/source/sources.ts';
import { createEventing } from '../../eventing/eventing.ts';
import { createRouteTable } from '../../ingress/route-table.ts';
import { createServing } from '../../serving/controllers/serving.ts';
import { testLog } from '../../store/testing.ts';
import type { Store } from '../../store/types.ts';
import { createEventWriter } from '../events/record-event.ts';
import type { FakePod, FakePods } from './fake-pods.ts';

/** Images of any name but those with `missing` in it. */
const images = {
  resolve: async (reference: string) =>
    reference.includes('missing')
      ? undefined
      : `sha256:${Buffer.from(reference).toString('hex').padEnd(64, '0').slice(0, 64)}`,
};

/** Knative's controllers over a store, with processes that are ready at once. */
export const startControlPlane = async (url: string, store: Store, pods: FakePods) => {
  const log = testLog();
  const events = createEventWriter({ store, log }, { flushMs: 20 });
  const domain = { name: 'localhost', port: 8080 };
  const serving = createServing({ store, images, table: createRouteTable(), domain, log, events });
  const openKafka = (kafkaBrokers?: readonly string[]) =>
    openLog({ databaseUrl: url, kafkaBrokers, clientId: 'test' });
  const eventLog = await openKafka();
  const broker = createBroker({ log: eventLog });
  const deliver = createDeliver();
  const sources = createSources({ log: eventLog, openKafka, deliver });
  const eventing = createEventing({ store, broker, sources, deliver, log, events });
  const running = new Map<string, FakePod>();

  eventing.start();
  serving.start({
    ensure: (key, spec) => {
      if (running.has(key)) return;
      const pod = pods.start(key, spec.service);
      running.set(key, pod);
      setImmediate(() => {
        pod.becomeReady();
        serving.onState(key, { ready: 1, desired: 1, proven: true });
      });
    },
    remove: async (key) => {
      running.get(key)?.vanish();
      running.delete(key);
    },
    refreshVolumes: async () => {},
  });

  return {
    running,
    stop: async () => {
      await eventing.stop();
      await serving.stop();
      await events.stop();
      await broker.close({ graceMs: 100 });
      await eventLog.close();
    },
  };
};
