import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import type { Base } from '../kit/base.ts';
import { createFunction } from '../kit/function.ts';
import type { Env } from '../kit/input.ts';
import { noteRoute } from '../kit/measure.ts';
import type { OpenApiDocument } from '../kit/openapi.ts';
import { Problem } from '../kit/problem.ts';
import { answerError } from '../kit/problem-response.ts';
import type { Verify } from '../kit/verify.ts';
import { createAdmission } from './admit.ts';
import { createAllowList, type Passage } from './allow-list.ts';
import type { Arrival, Arrivals } from './arrival.ts';
import { combineOpenApi } from './combined-openapi.ts';
import { createCors } from './cors.ts';
import { serveDocumentation } from './documentation.ts';
import type { Forward } from './forward.ts';
import { createKeptAnswer } from './kept-answer.ts';
import type { Limits } from './limits/limit.ts';
import type { Limiter } from './limits/limiter.ts';
import { isPagePath } from './pages.ts';
import { securityHeaders } from './security-headers.ts';

export interface Deps {
  base: Base & { verify: Verify };
  /** The OpenAPI documents of the functions to let outside reach. */
  documents: Record<string, OpenApiDocument>;
  /** Where each of them answers, and `web`, whose pages stand at the root. */
  urls: Record<string, string>;
  forward: Forward;
  arrivals: Arrivals;
  limiter: Limiter;
  limits: Limits;
  /** Of other sites whose scripts may call. */
  origins: readonly string[];
  /** Holds Swagger UI. */
  docsFolder: string;
}

/** Asked by who looks after the pod, from addresses that may be a whole cluster's. */
const probes = new Set(['/live', '/health']);

/** The one way in from outside: an allow-list, early identity, limits, security headers; all else is 404. */
export const createApp = (deps: Deps) => {
  const { base, documents, urls, forward, arrivals, limits } = deps;
  const match = createAllowList(documents);
  const admission = createAdmission({ ...deps, verify: base.verify });
  const cors = createCors(deps.origins);
  const combined = JSON.stringify(combineOpenApi(documents, base.version, limits));
  const openapi = createKeptAnswer({ body: combined, contentType: 'application/json', maxAgeSeconds: 60 });
  const own = createFunction({ ...base, openapi: async () => combined });
  serveDocumentation(own, deps.docsFolder);

  const pass = async (c: Context<Env>, { fn, path, route }: Passage, search: string, arrival: Arrival) => {
    const { incoming, outgoing } = c.env;
    if (!incoming || !outgoing) throw new Error('the gateway forwards between sockets only');
    noteRoute(c, route);
    await forward(incoming, outgoing, new URL(path + search, urls[fn]), {
      arrival,
      answerHeaders: (contentType) => [
        ...securityHeaders(contentType, arrival.proto),
        ...cors.headers(incoming.headers.origin),
      ],
    });
    return RESPONSE_ALREADY_SENT;
  };

  /** What is no function's: pages, the documentation, the gateway's own health. */
  const otherwise = async (c: Context<Env>, path: string, search: string, arrival: Arrival) => {
    const reads = c.req.method === 'GET' || c.req.method === 'HEAD';
    if (!probes.has(path)) await admission.anybody(arrival);
    if (urls.web && isPagePath(path)) {
      if (!reads) throw notAllowed(c.req.method, ['GET', 'HEAD']);
      return pass(c, { fn: 'web', path, route: '/web', access: 'public' }, search, arrival);
    }
    if (reads && path === '/openapi.json') return openapi(c.req.header('if-none-match'));
    return own.app.fetch(c.req.raw, c.env);
  };

  const answer = async (c: Context<Env>, arrival: Arrival): Promise<Response> => {
    const { path, search } = target(c.req.url);
    const matched = match(c.req.method, path);
    if (!matched) return otherwise(c, path, search, arrival);
    if ('fn' in matched) {
      await admission.passage(matched, c.req.header('authorization'), arrival);
      return pass(c, matched, search, arrival);
    }
    await admission.anybody(arrival);
    const preflight = cors.preflight(c.req.raw, matched.allow);
    if (preflight) return preflight;
    throw notAllowed(c.req.method, matched.allow);
  };

  const app = new Hono<Env>();
  app.all('*', async (c) => {
    const arrival = arrivals(c.env?.incoming);
    const response = await answer(c, arrival).catch((error) => answerError(error, base.log));
    if (response === RESPONSE_ALREADY_SENT) return response;
    const { headers } = response;
    for (const [name, value] of securityHeaders(headers.get('content-type') ?? undefined, arrival.proto))
      if (!headers.has(name)) headers.set(name, value);
    for (const [name, value] of cors.headers(c.req.header('origin'))) headers.append(name, value);
    return response;
  });
  return app;
};

export type App = ReturnType<typeof createApp>;

const notAllowed = (method: string, allow: readonly string[]) =>
  new Problem('method-not-allowed', `${method} is not a method of this path.`, {
    headers: { allow: allow.join(', ') },
  });

/** Path and query as they came, not decoded: `scheme://host/path?query`. */
const target = (url: string) => {
  const start = url.indexOf('/', url.indexOf('//') + 2);
  const query = url.indexOf('?', start);
  return query < 0
    ? { path: url.slice(start), search: '' }
    : { path: url.slice(start, query), search: url.slice(query) };
};
