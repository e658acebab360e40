import { mkdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import { listenOnLoopback } from '../ingress/listen.ts';
import type { Log, Store } from '../store/types.ts';
import { createListener } from './http/node-server.ts';
import { type Certificates, ensureCertificates } from './identity/certificates.ts';
import { writeKubeconfig } from './identity/kubeconfig.ts';
import { ensureTokens, identify } from './identity/tokens.ts';
import { ensureNamespaces } from './namespaces.ts';
import type { Measure, Pods } from './ports.ts';
import { createServe, type ServeMetrics } from './serve.ts';
import { createSources } from './sources.ts';
import { measureProcesses } from './views/measure-processes.ts';

export interface KubeApiOptions {
  store: Store;
  pods: Pods;
  /** KAGARI_HOME: keys and tokens in `kube/`, and the kubeconfig. */
  home: string;
  log: Log;
  measure?: Measure;
  /** What `/metrics` answers. */
  metrics?: ServeMetrics;
}

export interface KubeApi {
  /** Listens on loopback, writes the kubeconfig and answers where both are; throws PortBusyError. */
  listen(port: number): Promise<{ port: number; url: string; kubeconfig: string }>;
  /** Ends watches and followed logs, answers what is in hand, and frees the port. */
  close(): Promise<void>;
}

const renewalMs = 12 * 3_600_000;
const graceMs = 1_000;
// Longer than Go's clients keep a connection idle: they must be the ones who end it.
const keepAliveTimeout = 100_000;

/** The Kubernetes API over the store, for kubectl and kn. */
export const createKubeApi = ({
  store,
  pods,
  home,
  log,
  measure = measureProcesses,
  metrics,
}: KubeApiOptions): KubeApi => {
  const sources = createSources({ store, pods, measure, log });
  const serve = createServe({
    store,
    pods,
    log,
    sourceOf: ({ kind }) => sources.of(kind),
    ...(metrics && { metrics }),
  });
  const stopping = new AbortController();
  const folder = `${home}/kube`;
  let servers: Server[] = [];
  let renewal: NodeJS.Timeout | undefined;

  const listen = async (port: number) => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await ensureNamespaces(store);
    const tokens = await ensureTokens(folder);
    let shown = await ensureCertificates(folder);
    const listener = createListener({ serve, userOf: identify(tokens), stopping: stopping.signal, log });
    const bound = await listenOnLoopback(port, '--kube-port or KAGARI_KUBE_PORT', () =>
      createServer({ ...tlsOf(shown), keepAliveTimeout }, listener),
    );
    servers = bound.servers;
    const url = `https://127.0.0.1:${bound.port}`;
    const writeConfig = () => writeKubeconfig(home, { server: url, ca: shown.ca, token: tokens.admin });
    const kubeconfig = await writeConfig();

    const renew = async () => {
      const next = await ensureCertificates(folder);
      if (next.server.cert === shown.server.cert) return;
      shown = next;
      for (const server of servers) server.setSecureContext(tlsOf(shown));
      await writeConfig();
      log.info({}, 'the certificate of the Kubernetes API was renewed');
    };
    renewal = setInterval(() => {
      renew().catch((error) =>
        log.warn({ error }, 'the certificate of the Kubernetes API could not be renewed'),
      );
    }, renewalMs).unref();
    return { port: bound.port, url, kubeconfig };
  };

  const close = async () => {
    clearInterval(renewal);
    stopping.abort();
    sources.stop();
    await Promise.all(servers.map(closeServer));
  };

  return { listen, close };
};

const tlsOf = ({ server }: Certificates) => ({ ...server, minVersion: 'TLSv1.2' as const });

const closeServer = async (server: Server): Promise<void> => {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection whose answer goes out only now becomes idle only then.
  const idle = setInterval(() => server.closeIdleConnections(), 20);
  const force = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(idle);
  clearTimeout(force);
};
