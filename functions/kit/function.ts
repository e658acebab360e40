import { type Context, Hono } from 'hono';
import { getPath } from 'hono/utils/url';
import { answerInTime } from './answer-in-time.ts';
import type { Base } from './base.ts';
import { commonOperations } from './common-operations.ts';
import { type EventsOptions, receiveEvents } from './events.ts';
import { identify } from './guard.ts';
import { checkHealth } from './health.ts';
import { type Env, type Input, readInput } from './input.ts';
import { noteRoute } from './measure.ts';
import type { Operation } from './operation.ts';
import { notFound } from './problem.ts';
import { answerError } from './problem-response.ts';
import { createRoutes } from './routes.ts';
import { inTrace } from './trace.ts';

export type Handler<O extends Operation> = (input: Input<O>) => Response | Promise<Response>;
export interface FunctionOptions {
  /** A prefix below which everything answers too: `/api`. */
  alsoAt?: `/${string}`;
}
export type FunctionApp = ReturnType<typeof createFunction>;

/**
 * A Hono app with what every function answers: health, live, info, metrics, openapi.json, problem details, 404, 405.
 * `on` adds an operation, `events` the receiver of CloudEvents at `POST /_events`.
 */
export const createFunction = (base: Base, { alsoAt }: FunctionOptions = {}) => {
  const app = new Hono<Env>(alsoAt ? { getPath: (request) => withoutPrefix(getPath(request), alsoAt) } : {});
  const routes = createRoutes();
  const { log, verify } = base;
  let metricsTaken = false;

  const on = <O extends Operation>(declared: O, handler: Handler<O>): void => {
    const { access, method, path } = declared;
    const guarded = access === 'customer' || access === 'operator' ? verify : undefined;
    if (!guarded && access !== 'public' && access !== 'internal')
      throw new Error(`${method} ${path} needs a bearer, but ${base.service} has no JWKS_FILE`);
    routes.add(method, path);
    metricsTaken ||= path === '/metrics';
    app.on(method.toUpperCase(), path, (c) => {
      noteRoute(c, path);
      return inTrace(c.req.header('traceparent'), async () => {
        try {
          const actor = guarded && (await identify(c.req.header('authorization'), access, guarded));
          return await answerInTime(handler(await readInput(declared, c, actor)));
        } catch (error) {
          return answerError(error, log);
        }
      });
    });
  };

  const ownMetrics = async (c: Context<Env>) => {
    if (isForwarded(c)) return answerError(notFound(), log);
    const { contentType, body } = await base.metrics.text();
    return new Response(body, { headers: { 'content-type': contentType } });
  };

  on(commonOperations.live, ({ c }) => c.json({ status: 'ok' }));
  on(commonOperations.info, ({ c }) =>
    c.json({ service: base.service, revision: base.revision, version: base.version }),
  );
  on(commonOperations.health, async ({ c }) => {
    const [health, more] = await Promise.all([
      checkHealth(base.checks, base.life.stopping),
      base.moreHealth?.(),
    ]);
    const ok = health.status === 'ok';
    return c.json({ ...health, ...more }, ok ? 200 : 503, ok ? {} : { 'retry-after': '1' });
  });
  // A function may have a public GET /metrics of its own; its pod's then stand at /_metrics alone.
  app.get('/metrics', (c, next) => (metricsTaken ? next() : ownMetrics(c)));
  app.get('/_metrics', ownMetrics);
  app.get('/openapi.json', async () => {
    const document = await base.openapi();
    if (!document) return answerError(notFound(), log);
    return new Response(document, { headers: { 'content-type': 'application/json' } });
  });

  app.notFound((c) => {
    const { method, path } = c.req;
    const hidden = path === '/_metrics' || (path === '/metrics' && !metricsTaken);
    return answerError(hidden && isForwarded(c) ? notFound() : routes.refusal(method, path), log);
  });
  app.onError((error) => answerError(error, log));

  return {
    app,
    on,
    events(options: EventsOptions): void {
      routes.add('post', '/_events');
      receiveEvents(app, base, options);
    },
  };
};

/** Metrics are scraped at the pod; whatever came through an ingress was forwarded. */
const isForwarded = (c: Context<Env>): boolean =>
  Boolean(c.req.header('x-forwarded-for') || c.req.header('forwarded'));

const withoutPrefix = (path: string, prefix: string) => {
  if (path === prefix) return '/';
  return path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : path;
};
