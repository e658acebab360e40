import type { Server } from 'node:http';
import type { Base } from './base.ts';
import type { BaseConfig } from './config.ts';
import { type App, createHttpServer } from './http-server.ts';
import { measureRequests } from './measure.ts';
import { inTrace } from './trace.ts';

export interface ServeOptions {
  base: Base;
  config: Pick<BaseConfig, 'PORT' | 'HOST'>;
  /** Begun once the port is open, each in a trace of its own; a failure is logged, and is the part's own to mend. */
  start?: readonly (() => unknown)[];
  /** Called in order after the last answer, each bounded. */
  stop?: readonly (() => unknown)[];
}

const drainMs = 25_000;
const stopMs = 5_000;

/** Serves until SIGTERM or SIGINT: then not ready, answers what is in flight, stops the parts, exits. */
export const serve = async (
  app: App,
  { base, config, start = [], stop = [] }: ServeOptions,
): Promise<Server> => {
  const { log } = base;
  const server = createHttpServer(app, log);
  measureRequests(server, base.metrics);

  const end = (signal: string) => {
    if (base.life.stopping) return;
    base.life.stopping = true;
    shutDown(signal).then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  const shutDown = async (signal: string) => {
    log.info({ signal }, 'stopping');
    await closeServer(server);
    for (const part of stop) await bounded(part).catch((err) => log.error({ err }, 'a part did not stop'));
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.PORT, config.HOST, resolve);
  });
  const address = server.address();
  log.info({ port: typeof address === 'object' ? address?.port : address }, 'serving');
  for (const part of start)
    Promise.resolve()
      .then(() => inTrace(undefined, part))
      .catch((err) => log.error({ err }, 'a part did not start'));
  return server;
};

/** Resolves when every answer is out; after drainMs connections are cut. */
const closeServer = async (server: Server): Promise<void> => {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A kept-alive connection that becomes idle after close() would hold the server open until its time-out.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const cut = setTimeout(() => server.closeAllConnections(), drainMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
};

const bounded = async (part: () => unknown): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`still busy after ${stopMs} ms`)), stopMs);
  });
  await Promise.race([Promise.resolve().then(part), late]).finally(() => clearTimeout(timer));
};
