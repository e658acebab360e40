/**
 * The shared cases of this folder run for every route of every function, directly and through the gateway. A function
 * takes part by itself, as soon as its folder has
 *   - `app.ts`, and `operations.ts`, exporting `operations` (functions/kit/operation.ts), where it has any of its own;
 *   - `testing.ts`, exporting `startTestApp: StartTestApp` (functions/kit/testing.ts): it builds the app of real parts
 *     from the base, database, sink and urls of this world, and answers it with a `close`.
 * A function without `testing.ts` fails coverage.test.ts.
 */
import { readdir } from 'node:fs/promises';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { functionDatabases } from '../../db/functions.ts';
import { createApp as createGateway } from '../../functions/gateway/app.ts';
import { exposed } from '../../functions/gateway/exposed.ts';
import { createForward } from '../../functions/gateway/forward.ts';
import { testDefaults } from '../../functions/gateway/testing.ts';
import { commonOperations } from '../../functions/kit/common-operations.ts';
import type { OpenApiDocument } from '../../functions/kit/openapi.ts';
import type { Operation, Operations } from '../../functions/kit/operation.ts';
import {
  type StartTestApp,
  startTestServer,
  type TestApp,
  testBase,
  testIdentity,
} from '../../functions/kit/testing.ts';
import { openApiDocuments } from '../../scripts/build/openapi.ts';
import { startBroker } from '../flow/support/broker.ts';
import { readTriggers } from '../flow/support/triggers.ts';
import { freshDatabase } from '../support/postgres.ts';

const folder = join(import.meta.dirname, '../../functions');

export interface Route {
  fn: string;
  /** Its name in operations.ts. */
  name: string;
  operation: Operation;
}

interface Found {
  fn: string;
  operations: Operations;
  startTestApp: StartTestApp | undefined;
}

/** Every function but the gateway, by the folders that there are. */
export const findFunctions = async (): Promise<Found[]> => {
  const files = new Set(await readdir(folder, { recursive: true }));
  const names = [...files].flatMap((file) => /^([\w-]+)\/app\.ts$/.exec(file)?.[1] ?? []);
  return Promise.all(
    names
      .filter((fn) => fn !== 'gateway')
      .sort()
      .map(async (fn) => {
        const { operations } = files.has(`${fn}/operations.ts`)
          ? await import(`../../functions/${fn}/operations.ts`)
          : { operations: {} };
        const testing = files.has(`${fn}/testing.ts`) ? await import(`../../functions/${fn}/testing.ts`) : {};
        return { fn, operations, startTestApp: testing.startTestApp };
      }),
  );
};

/** All routes of the functions that can be started here. */
export const findRoutes = async (): Promise<Route[]> =>
  (await findFunctions())
    .filter(({ startTestApp }) => startTestApp)
    .flatMap(({ fn, operations }) =>
      Object.entries<Operation>({ ...commonOperations, ...operations }).map(([name, operation]) => ({
        fn,
        name,
        operation,
      })),
    );

export type World = Awaited<ReturnType<typeof startWorld>>;

/**
 * All functions behind their own sockets, with a broker that hands their events on as the manifests say, and the gateway
 * in front of those that it exposes.
 */
export const startWorld = async () => {
  const [database, identity, documents] = await Promise.all([
    freshDatabase(),
    testIdentity(),
    openApiDocuments(),
  ]);
  const closing: (() => Promise<void>)[] = [];
  const urls: Record<string, string> = {};
  const apps: Record<string, TestApp['app']> = {};
  const broker = await startBroker({
    triggers: readTriggers(),
    urlOf: (fn) => urls[fn],
    retries: 5,
    backoffMs: (n) => 50 * 2 ** n,
  });
  const ingress = await broker.serve();
  const sink = new URL(`${ingress.url}/kagari/default`);
  /** What has come to the functions' own sockets: `orders POST /_events`. */
  const arrivals: string[] = [];

  const listen = async (fn: string) => {
    const server = await startTestServer({
      fetch(request, env) {
        arrivals.push(`${fn} ${request.method} ${new URL(request.url).pathname}`);
        return apps[fn]?.fetch(request, env) ?? new Response(null, { status: 503 });
      },
    });
    urls[fn] = server.url;
    closing.unshift(server.close);
  };

  const found = (await findFunctions()).filter(({ startTestApp }) => startTestApp);
  // Before any starts, for some call each other.
  for (const { fn } of found) await listen(fn);
  for (const { fn, startTestApp } of found) {
    const base = { ...testBase(fn), verify: identity.verify };
    const databaseUrl = functionDatabases.includes(fn) ? database.url(fn) : '';
    const started = await startTestApp?.({ base, identity, databaseUrl, sink, urls });
    if (!started) continue;
    apps[fn] = started.app;
    closing.push(started.close);
  }

  const reachable = Object.values(exposed).filter((fn) => urls[fn]);
  const only = <T>(all: Record<string, T>) =>
    Object.fromEntries(Object.entries(all).filter(([fn]) => reachable.includes(fn)));
  const agent = new Agent({ keepAlive: true });
  const gateway = await startTestServer(
    createGateway({
      base: { ...testBase('gateway'), verify: identity.verify },
      documents: only<OpenApiDocument>(documents),
      urls: only(urls),
      forward: createForward({ agent, timeoutMs: 10_000 }),
      ...testDefaults(),
    }),
  );

  return {
    identity,
    documents,
    urls,
    gateway: gateway.url,
    arrivals,
    broker,
    adminUrl: database.adminUrl,
    /** Where an operation is reached; undefined where it is not. */
    address(door: Door, { fn, operation }: Route): string | undefined {
      if (door === 'function') return urls[fn];
      return reachable.includes(fn) && operation.access !== 'internal' ? `${gateway.url}/${fn}` : undefined;
    },
    async close() {
      await gateway.close();
      agent.destroy();
      await broker.close();
      for (const close of closing) await close();
      await ingress.close();
      await database.drop();
    },
  };
};

export type Door = 'function' | 'gateway';
export const doors: readonly Door[] = ['function', 'gateway'];
