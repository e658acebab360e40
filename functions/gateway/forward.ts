import {
  type Agent,
  type ClientRequest,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { bodyLimit, tooLarge } from '../kit/body.ts';
import { Problem, unavailable } from '../kit/problem.ts';
import type { Arrival } from './arrival.ts';
import { requestHeaders, responseHeaders } from './headers.ts';

export interface ForwardOptions {
  agent: Agent;
  /** From the last that passed of the request to the function's first header; what it then streams has no end to keep. */
  timeoutMs: number;
}

/** What is told of the request to the function, and of the answer to the client. */
export interface Passing {
  arrival: Arrival;
  /** Headers for an answer of this content type, where it does not have them itself. */
  answerHeaders: (contentType: string | undefined) => Iterable<readonly [string, string]>;
}

export type Forward = (
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  url: URL,
  passing: Passing,
) => Promise<void>;

/**
 * Streams a request to a function and its answer back. Throws Problem as long as nothing has been answered: 413, 503,
 * 504; later failures cut the connection, for there is no other way to tell.
 */
export const createForward =
  ({ agent, timeoutMs }: ForwardOptions): Forward =>
  async (incoming, outgoing, url, { arrival, answerHeaders }) => {
    if (Number(incoming.headers['content-length']) > bodyLimit) throw tooLarge();
    const headers = requestHeaders(incoming, arrival);
    headers.push('host', url.host);
    let call: ClientRequest | undefined;
    // Whoever asked has gone, or has the whole answer: the function need not go on.
    outgoing.once('close', () => call?.destroy());

    const send = (): Promise<IncomingMessage> =>
      new Promise((resolve, reject) => {
        const sent = request(url, { method: incoming.method ?? 'GET', headers, agent });
        call = sent;
        const timer = setTimeout(() => sent.destroy(new Problem('timeout', 'No answer in time.')), timeoutMs);
        sent.once('close', () => clearTimeout(timer));
        sent.once('response', (answer) => {
          clearTimeout(timer);
          resolve(answer);
        });
        sent.once('error', (error: NodeJS.ErrnoException) => {
          // A kept connection that the other side had just closed, or closed while it did what was asked.
          const stale = sent.reusedSocket && error.code === 'ECONNRESET' && isRepeatable(incoming);
          if (stale) send().then(resolve, reject);
          else reject(error);
        });
        if (!hasBody(incoming)) return void sent.end();
        const body = limited(incoming);
        body.once('error', (error) => sent.destroy(error));
        body.on('data', () => timer.refresh());
        body.pipe(sent);
      });

    const answer = await send().catch((error) => {
      if (outgoing.closed) return undefined;
      throw error instanceof Problem ? error : unavailable('The function does not answer.', { cause: error });
    });
    if (!answer) return;
    const infrastructure = infrastructureProblem(answer);
    if (infrastructure) {
      answer.resume();
      throw infrastructure;
    }
    const more = answerHeaders(answer.headers['content-type']);
    outgoing.writeHead(answer.statusCode ?? 502, responseHeaders(answer, more));
    // An event stream may have no first byte for a while; a short answer goes out in one write.
    if (answer.headers['content-length'] === undefined) outgoing.flushHeaders();
    await pipeline(answer, outgoing).catch(() => outgoing.destroy());
  };

/** RFC 9110 §9.2.2: what may be asked twice, and can be. */
const isRepeatable = (incoming: IncomingMessage) =>
  ['GET', 'HEAD', 'PUT', 'DELETE'].includes(incoming.method ?? '') && !hasBody(incoming);

const hasBody = ({ headers }: IncomingMessage) =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/** A body whose length nobody announced is counted as it passes. */
const limited = (incoming: IncomingMessage): Readable => {
  if (incoming.headers['content-length'] !== undefined) return incoming;
  let size = 0;
  return incoming.pipe(
    new Transform({
      transform(chunk: Buffer, _encoding, done) {
        size += chunk.length;
        done(size > bodyLimit ? tooLarge() : null, chunk);
      },
    }),
  );
};

/** What an ingress, an activator or a queue says instead of a function that is not there: plain text, or a 502. */
const infrastructureProblem = ({ statusCode = 502, headers }: IncomingMessage): Problem | undefined => {
  // No function says 502 of itself: something before it saw it break off.
  if (statusCode < 400 || (statusCode !== 502 && headers['content-type']?.includes('json'))) return undefined;
  if (statusCode === 504 || statusCode === 408) return new Problem('timeout', 'No answer in time.');
  return unavailable('The function is not there now.', {
    cause: new Error(`answer ${statusCode} from before it`),
  });
};
