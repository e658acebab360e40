import type { IncomingMessage, ServerResponse } from 'node:http';
import { badRequest, StatusError } from '../../store/status-error.ts';
import type { Log } from '../../store/types.ts';
import type { User } from '../identity/tokens.ts';
import { type ApiRequest, type ApiResponse, jsonResponse } from './exchange.ts';
import { guardAgainstRebinding } from './guard.ts';
import { openOutlet } from './outlet.ts';
import { warningHeaders } from './warnings.ts';

export interface Listening {
  serve(request: ApiRequest): Promise<ApiResponse>;
  userOf(authorization: string | undefined): User | undefined;
  /** Aborted when the server stops. */
  stopping: AbortSignal;
  log: Log;
}

/** As an API server limits a request's body. */
const bodyLimit = 3 * 1024 * 1024;

/** A node:http listener that speaks for the API. */
export const createListener =
  ({ serve, userOf, stopping, log }: Listening) =>
  async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const warnings: string[] = [];
    try {
      guardAgainstRebinding(incoming.headers.host, incoming.headers.origin);
      const user = userOf(incoming.headers.authorization);
      const response = await serve(requestOf(incoming, user, warnings));
      send(response, warnings, outgoing, stopping);
    } catch (error) {
      if (outgoing.headersSent) {
        log.error({ error }, 'a stream of the Kubernetes API broke');
        outgoing.destroy();
        return;
      }
      const failure = failureOf(error, incoming, log);
      const { retryAfterSeconds } = failure.details;
      if (retryAfterSeconds !== undefined) outgoing.setHeader('retry-after', retryAfterSeconds);
      send(jsonResponse(failure.code, failure.toStatus()), warnings, outgoing, stopping);
    }
    // A body that nobody read ends with its connection.
    if (!incoming.complete) incoming.resume();
  };

const requestOf = (incoming: IncomingMessage, user: User | undefined, warnings: string[]): ApiRequest => {
  const [path = '/', query] = (incoming.url ?? '/').split(/\?(.*)/s, 2);
  return {
    method: incoming.method ?? 'GET',
    path,
    query: new URLSearchParams(query),
    header: (name) => incoming.headers[name]?.toString(),
    user,
    body: () => readBody(incoming),
    warn: (text) => void warnings.push(text),
  };
};

/** A body that is too large is still taken in, unkept, so that its sender hears the answer. */
const readBody = (incoming: IncomingMessage): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let size = 0;
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= bodyLimit) return chunks.push(chunk);
      chunks = [];
      return reject(
        new StatusError('RequestEntityTooLarge', `Request entity too large: limit is ${bodyLimit}`),
      );
    });
    incoming.once('end', () => resolve(Buffer.concat(chunks)));
    incoming.once('error', reject);
    incoming.once('close', () => reject(badRequest('the request ended before its body')));
  });

const failureOf = (error: unknown, { method, url }: IncomingMessage, log: Log): StatusError => {
  if (error instanceof StatusError && error.code < 500) return error;
  log.error({ error, method, url: url?.split('?')[0] }, 'a request to the Kubernetes API failed');
  if (error instanceof StatusError) return error;
  return new StatusError('InternalError', 'Internal error occurred: see the log of the runtime');
};

const send = (
  { status, headers = {}, body }: ApiResponse,
  warnings: readonly string[],
  outgoing: ServerResponse,
  stopping: AbortSignal,
): void => {
  outgoing.statusCode = status;
  for (const [name, value] of Object.entries({ ...commonHeaders, ...headers }))
    outgoing.setHeader(name, value);
  if (warnings.length > 0) outgoing.setHeader('warning', warningHeaders(warnings));
  if (status === 401) outgoing.setHeader('www-authenticate', 'Bearer');
  if (typeof body === 'string') outgoing.end(body);
  else body(openOutlet(outgoing, stopping));
};

const commonHeaders = { 'cache-control': 'no-cache, private', 'x-content-type-options': 'nosniff' };
