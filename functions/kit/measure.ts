import type { Server, ServerResponse } from 'node:http';
import type { Context } from 'hono';
import type { Env } from './input.ts';
import type { Metrics } from './metrics.ts';

const route = Symbol('route');
type Noted = ServerResponse & { [route]?: string };

/** Tells the measurement which route answers: the pattern, never the path, or every id were a label. */
export const noteRoute = (c: Context<Env>, path: string): void => {
  const outgoing = c.env?.outgoing as Noted | undefined;
  if (outgoing) outgoing[route] = path;
};

/** Counts on the response's finish, out of the way of the answer itself. */
export const measureRequests = (server: Server, metrics: Metrics): void => {
  const observe = metrics.durations(
    'http_server_request_duration_seconds',
    'Time from request to last byte',
    ['method', 'route', 'status'],
  );
  server.prependListener('request', (incoming, outgoing: Noted) => {
    const started = performance.now();
    outgoing.once('finish', () => {
      const labels = [incoming.method ?? '', outgoing[route] ?? 'none', String(outgoing.statusCode)];
      observe(labels, (performance.now() - started) / 1000);
    });
  });
};
