import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import type { Base } from '../kit/base.ts';
import { createFunction } from '../kit/function.ts';
import { identify } from '../kit/guard.ts';
import type { Env } from '../kit/input.ts';
import { noteRoute } from '../kit/measure.ts';
import type { OpenApiDocument } from '../kit/openapi.ts';
import { operation } from '../kit/operation.ts';
import { Problem } from '../kit/problem.ts';
import { answerError } from '../kit/problem-response.ts';
import type { Verify } from '../kit/verify.ts';
import { createAllowList, type Passage } from './allow-list.ts';
import { combineOpenApi } from './combined-openapi.ts';
import type { Forward } from './forward.ts';
import { securityHeaders } from './headers.ts';
import { createPage } from './page.ts';

export interface Deps {
  base: Base & { verify: Verify };
  /** The OpenAPI documents of the functions to let outside reach. */
  documents: Record<string, OpenApiDocument>;
  /** Where each of them answers. */
  urls: Record<string, string>;
  forward: Forward;
}

const pageOperation = operation({
  method: 'get',
  path: '/',
  access: 'public',
  summary: 'What runs here and how to try it',
  responses: { 200: { description: 'A page', contentType: 'text/html' } },
});

/** The one way in from outside: an allow-list, early identity, security headers; all else is 404. */
export const createApp = ({ base, documents, urls, forward }: Deps) => {
  const match = createAllowList(documents);
  const combined = JSON.stringify(combineOpenApi(documents, base.version));
  const own = createFunction({ ...base, openapi: async () => combined });
  const page = createPage(Object.keys(documents));
  own.on(pageOperation, ({ c }) => page(c.req.header('host')));

  const pass = async (
    c: Parameters<typeof noteRoute>[0],
    { fn, path, route, access }: Passage,
    search: string,
  ) => {
    const { incoming, outgoing } = c.env;
    if (!incoming || !outgoing) throw new Error('the gateway forwards between sockets only');
    noteRoute(c, route);
    if (access !== 'public') await identify(c.req.header('authorization'), access, base.verify);
    await forward(incoming, outgoing, new URL(path + search, urls[fn]));
    return RESPONSE_ALREADY_SENT;
  };

  const app = new Hono<Env>();
  app.all('*', async (c) => {
    try {
      const { path, search } = target(c.req.url);
      const matched = match(c.req.method, path);
      if (matched && 'fn' in matched) return await pass(c, matched, search);
      if (matched)
        throw new Problem('method-not-allowed', `${c.req.method} is not a method of this path.`, {
          headers: { allow: matched.allow.join(', ') },
        });
      return secured(await own.app.fetch(c.req.raw, c.env));
    } catch (error) {
      return secured(answerError(error, base.log));
    }
  });
  return app;
};

export type App = ReturnType<typeof createApp>;

/** Path and query as they came, not decoded: `scheme://host/path?query`. */
const target = (url: string) => {
  const start = url.indexOf('/', url.indexOf('//') + 2);
  const query = url.indexOf('?', start);
  return query < 0
    ? { path: url.slice(start), search: '' }
    : { path: url.slice(start, query), search: url.slice(query) };
};

const secured = (response: Response): Response => {
  for (const [name, value] of Object.entries(securityHeaders))
    if (!response.headers.has(name)) response.headers.set(name, value);
  return response;
};
