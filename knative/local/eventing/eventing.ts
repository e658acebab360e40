import type { Deliver } from '../../../eventing/broker/deliver.ts';
import type { Broker } from '../../../eventing/broker/types.ts';
import type { Sources } from '../../../eventing/source/types.ts';
import type { Log, Store } from '../store/types.ts';
import { brokerController } from './brokers.ts';
import { kafkaSourceController } from './kafka-sources.ts';
import { noteFailures, type Recorders } from './note-failures.ts';
import { pingSourceController } from './ping-sources.ts';
import { createServedBrokers } from './served-brokers.ts';
import { sinkBindingController } from './sink-binding.ts';
import { triggerController } from './triggers.ts';

export interface EventingOptions {
  store: Store;
  /** The data plane; whoever made it closes it, after stop. */
  broker: Broker;
  /** Likewise, of KafkaSources. */
  sources: Sources;
  /** KAFKA_BROKERS, where the platform's own event log is on a Kafka. */
  ownKafka?: readonly string[] | undefined;
  /** How PingSources send; the data plane's own will do. */
  deliver: Deliver;
  log: Log;
  /** Kubernetes Events, signed by component; absent: none. */
  events?: Recorders;
}

export interface Eventing {
  start(): void;
  /** What could not be done before may be done now: no pause is waited out. */
  tryAgain(): void;
  /** Resolves when every object has been looked at and nothing is in hand: what can be Ready now is. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

/** The control plane of eventing: controllers of Brokers, Triggers, sources and SinkBindings. */
export const createEventing = ({
  store,
  broker,
  sources,
  ownKafka,
  deliver,
  log,
  events,
}: EventingOptions): Eventing => {
  const served = createServedBrokers();
  const controllers = [
    brokerController({ store, broker, served, log }),
    triggerController({ store, broker, served, log }),
    pingSourceController({
      store,
      deliver,
      log,
      ...(events && { recorder: events.as('pingsource-controller') }),
    }),
    kafkaSourceController({ store, sources, ownKafka, log }),
    sinkBindingController({ store, log }),
  ];
  let quiet = () => {};
  return {
    start: () => {
      if (events) quiet = noteFailures(store, events);
      for (const controller of controllers) controller.start();
    },
    tryAgain: () => {
      for (const controller of controllers) controller.hurry();
    },
    // a Broker that begins to be served queues its Triggers at once, so one pass in this order is enough
    settled: async () => {
      for (const controller of controllers) await controller.idle();
    },
    stop: async () => {
      quiet();
      await Promise.all(controllers.map((controller) => controller.stop()));
    },
  };
};
