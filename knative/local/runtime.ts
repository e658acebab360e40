import { createServer } from 'node:http';
import { createBroker } from '../../eventing/broker/broker.ts';
import { createDeliver } from '../../eventing/broker/deliver.ts';
import { openLog } from '../../eventing/log/open.ts';
import type { EventLog } from '../../eventing/log/port.ts';
import { createSources } from '../../eventing/source/sources.ts';
import { createEventWriter } from './api/events/record-event.ts';
import { createKubeApi } from './api/kube-api.ts';
import type { ServeMetrics } from './api/serve.ts';
import { buildImages } from './build-images.ts';
import { collectAtRest } from './collect-at-rest.ts';
import { ingressHosts } from './eventing/broker-address.ts';
import { createEventing } from './eventing/eventing.ts';
import { brokerIngressHandler } from './eventing/ingress-handler.ts';
import { logFailedDeliveries } from './eventing/log-deliveries.ts';
import { refuseSharedKafka } from './eventing/refuse-shared-kafka.ts';
import { renderPositions } from './eventing/render-positions.ts';
import { tellEventLog } from './eventing/tell-event-log.ts';
import { createImageStore } from './images/store.ts';
import { createIngress, type Ingress } from './ingress/ingress.ts';
import { listenOnLoopback, PortBusyError } from './ingress/listen.ts';
import { forgetRemoved } from './ingress/metrics-of-removed.ts';
import { createRouteTable } from './ingress/route-table.ts';
import { rememberDatabase } from './known-databases.ts';
import { createLife } from './life.ts';
import { applyManifests } from './manifests/apply.ts';
import { loadManifests } from './manifests/load.ts';
import { openState } from './open-state.ts';
import { answering, logAnswering, nameAndReason, readyPaths, settled } from './readiness.ts';
import { refuseUnknownDefault } from './refuse-unknown-default.ts';
import { createServing } from './serving/controllers/serving.ts';
import { createReaper } from './serving/pods/reaper.ts';
import { createRevisions } from './serving/revisions.ts';
import type { Log } from './store/types.ts';

export interface RuntimeOptions {
  port: number;
  /** Of the Kubernetes API. */
  kubePort: number;
  /** 0 is off; a busy one is a warning. */
  directPort: number;
  home: string;
  defaultService: string;
  /** A folder of YAML. */
  manifests: string;
  /** The repository whose functions are built. */
  root: string;
  /** PATH of pods that are not Node. */
  path: string;
  databaseUrl?: string;
  /** Absent: the event log is in the database. */
  kafkaBrokers?: readonly string[];
  log: Log;
  /** A line for whoever started it. */
  say(line: string): void;
  /** Something is lost without which the runtime cannot go on. */
  onLost(reason: string): void;
}

export interface Runtime {
  /** Resolves when what the manifests say runs and answers; rejects with what to do. */
  start(): Promise<void>;
  /** Answers what is in flight and ends everything; also while it starts. */
  stop(): Promise<void>;
}

/** How long each kind of work in hand may take at the stop: together within the five seconds of a stop. */
const atStop = { requestsMs: 1_500, deliveriesMs: 800, podsMs: 1_500 };

const retentionEveryMs = 3_600_000;

/** The local runtime: Knative's control plane and data plane in this process, beside it one process a pod. */
export const createRuntime = (options: RuntimeOptions): Runtime => {
  const { log, home, say } = options;
  const life = createLife(log);

  const start = async () => {
    const manifests = await loadManifests(options.manifests, { namespace: 'kagari' });
    const objects = manifests.map(({ object }) => object);
    await refuseBusyPort(options.port);

    const reaper = life.begin(createReaper(log), (it) => it.close());
    const images = createImageStore(home);
    const [{ store, adminUrl }, stamp] = await Promise.all([
      openState({ ...options, life, reaper }),
      buildImages({ root: options.root, home, images, say }),
    ]);

    const events = life.begin(createEventWriter({ store, log }), (it) => it.stop());
    events.start();
    const table = createRouteTable();
    const domain = { name: 'localhost', port: options.port };
    let proxy = '';
    const serving = createServing({ store, images, table, domain, log, events });
    const revisions = await createRevisions({
      ...serving,
      images,
      home,
      reaper,
      log,
      path: options.path,
      proxy: () => proxy,
    });
    const defaultHost = `${options.defaultService}.kagari.localhost`;
    const ingress = life.begin(createIngress({ table, revisions, defaultHost }), (it) => it.close());
    life.begin(forgetRemoved(store, ingress.metrics), (stop) => stop());
    proxy = await ingress.listenInternally();
    life.begin(revisions, (it) => it.stop({ drainMs: atStop.podsMs, graceMs: atStop.podsMs }));
    life.begin(collectAtRest(revisions), (stop) => stop());

    const { kafkaBrokers } = options;
    // Of this platform, which its database is.
    const clientId = `kagari-${store.get('Namespace', undefined, 'kagari')?.metadata.uid}`;
    const place = { databaseUrl: adminUrl, clientId, logger: log };
    const openKafka = (servers?: readonly string[]) => openLog({ ...place, kafkaBrokers: servers });
    const eventLog = life.begin(await openKafka(kafkaBrokers), (it) => it.close());
    await tellEventLog(store, kafkaBrokers);
    // Kafka drops what is old by itself, and has topics of others.
    if (!kafkaBrokers)
      life.begin(
        setInterval(() => dropOld(eventLog, log), retentionEveryMs),
        clearInterval,
      );
    const deliver = life.begin(createDeliver({ resolve: throughProxy(() => proxy) }), (it) => it.close());
    const failed = logFailedDeliveries({ store, log, events });
    const common = { log: eventLog, deliver, logger: log };
    const { broker, sources } = life.begin(
      {
        broker: createBroker({ ...common, onDelivery: failed.ofTriggers }),
        sources: createSources({ ...common, openKafka, onDelivery: failed.ofSources }),
      },
      (planes) => Promise.all(Object.values(planes).map((it) => it.close({ graceMs: atStop.deliveriesMs }))),
    );
    for (const host of ingressHosts) ingress.handle(host, brokerIngressHandler({ broker, store }));
    const ownKafka = kafkaBrokers;
    const eventing = life.begin(
      createEventing({ store, broker, sources, ownKafka, deliver, log, events }),
      (it) => it.stop(),
    );
    life.begin(serving, (it) => it.stop());

    const metrics: ServeMetrics = async (asked) =>
      asked.triggers.length > 0
        ? renderPositions(broker, asked.triggers)
        : ingress.metrics.render(asked.revisions);
    const api = life.begin(createKubeApi({ store, pods: revisions, home, log, metrics }), (it) => it.close());
    await api.listen(options.kubePort);
    await rememberDatabase(home, options.databaseUrl, store);

    const { warnings } = await applyManifests(store, manifests, { stamp });
    for (const warning of warnings) log.info({}, warning);
    const paths = readyPaths(objects);
    if (paths.length > 0) refuseUnknownDefault(store, options.defaultService);
    const patience = {
      signal: life.signal,
      waitingFor: (what: string) => log.warn({}, `still waiting for ${what}`),
    };
    const kafka = kafkaBrokers && { brokers: kafkaBrokers, clientId, logger: log };
    if (kafka) await refuseSharedKafka(store, kafka, patience);
    eventing.start();
    serving.start(revisions);
    await Promise.all([eventing.settled(), serving.settled()]);
    await listen(ingress, options);
    life.begin(ingress, (it) => it.drain(atStop.requestsMs));

    if (kafka) {
      await logAnswering(eventLog, `Kafka at ${kafka.brokers.join(', ')}`, patience);
      await refuseSharedKafka(store, kafka, patience);
      eventing.tryAgain();
      await eventing.settled();
    }
    for (const object of await settled(store, objects, patience))
      log.warn({}, `${nameAndReason(object)}: not ready`);
    await answering(options.port, paths, patience);
  };

  return { start, stop: life.end };
};

const dropOld = (eventLog: EventLog, log: Log): Promise<unknown> =>
  eventLog
    .applyRetention()
    .catch((err: unknown) => log.warn({ err }, 'old records of the event log still stand'));

/** Before anything is touched: the port itself is opened when there is something to answer. */
const refuseBusyPort = async (port: number): Promise<void> => {
  const { servers } = await listenOnLoopback(port, '--port or KAGARI_PORT', () => createServer());
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
};

const listen = async (ingress: Ingress, { port, directPort, log }: RuntimeOptions): Promise<void> => {
  await ingress.listen(port);
  if (directPort === 0) return;
  await ingress.listenDirectly(directPort).catch((error: unknown) => {
    if (!(error instanceof PortBusyError)) throw error;
    log.warn({}, `the api function has no port of its own: ${error.message}`);
  });
};

/** Addresses inside the cluster lead to the internal listener; others are what they say. */
const throughProxy = (proxy: () => string) => (url: URL) => {
  if (!url.hostname.endsWith('.svc.cluster.local')) return undefined;
  const { hostname, port } = new URL(proxy());
  return { host: hostname, port: Number(port) };
};
