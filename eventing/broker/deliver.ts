import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import type { CloudEvent } from './event.ts';
import { binaryHeaders, type Headers } from './http-message.ts';

/** Posts events to URLs in binary mode. Rejects with DeliveryError where no whole answer came. */
export interface Deliver {
  (delivery: DeliveryRequest): Promise<DeliveryAnswer>;
  /** Lets go of the connections that are kept. */
  close(): void;
}

export interface DeliveryRequest {
  url: string;
  event: CloudEvent;
  /** Beside the event's own. */
  headers?: Record<string, string>;
  timeoutMs: number;
  signal: AbortSignal;
}

export interface DeliveryAnswer {
  code: number;
  headers: Headers;
  body: Uint8Array;
}

export class DeliveryError extends Error {
  readonly reason: 'network' | 'timeout' | 'aborted' | 'answer-too-large';
  constructor(reason: DeliveryError['reason'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DeliveryError';
    this.reason = reason;
  }
}

export interface DeliverOptions {
  /** Where to connect for a URL instead of what its host says; the Host header stays the URL's. */
  resolve?: (url: URL) => { host: string; port: number } | undefined;
  /** Of an answer. */
  maxBodyBytes?: number;
}

export const createDeliver = ({
  resolve = () => undefined,
  maxBodyBytes = 1_048_576,
}: DeliverOptions = {}): Deliver => {
  const kept = { keepAlive: true, maxFreeSockets: 32, timeout: 60_000, scheduling: 'lifo' as const };
  const agents = { 'http:': new Agent(kept), 'https:': new TlsAgent(kept) };

  const open = (url: URL, headers: Record<string, string>, fresh: boolean): ClientRequest => {
    const place = resolve(url);
    const tls = url.protocol === 'https:';
    const send = tls ? tlsRequest : request;
    return send({
      method: 'POST',
      path: `${url.pathname}${url.search}`,
      host: place?.host ?? url.hostname.replace(/^\[|\]$/g, ''),
      port: place?.port ?? (url.port || (tls ? 443 : 80)),
      headers: { ...headers, host: url.host },
      agent: fresh ? false : agents[tls ? 'https:' : 'http:'],
      ...(tls && { servername: url.hostname }),
    });
  };

  const post = (
    { url, event, headers, timeoutMs, signal }: DeliveryRequest,
    fresh = false,
  ): Promise<DeliveryAnswer> =>
    new Promise((resolve, reject) => {
      const began = performance.now();
      const length = { 'content-length': String(event.data.byteLength) };
      const outgoing = open(new URL(url), { ...headers, ...binaryHeaders(event), ...length }, fresh);
      const settle = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
      };
      const fail = (error: DeliveryError) => {
        settle();
        reject(error);
        outgoing.destroy();
      };
      const abort = () => fail(new DeliveryError('aborted', 'the delivery was interrupted'));
      const timer = setTimeout(
        () => fail(new DeliveryError('timeout', `no answer within ${timeoutMs} ms`)),
        timeoutMs,
      );
      signal.addEventListener('abort', abort);
      outgoing.on('error', (cause: NodeJS.ErrnoException) => {
        const left = timeoutMs - (performance.now() - began);
        if (!fresh && outgoing.reusedSocket && cause.code === 'ECONNRESET' && left > 0 && !signal.aborted) {
          // A kept connection that the other side was closing says nothing of the subscriber.
          settle();
          return resolve(post({ url, event, ...(headers && { headers }), timeoutMs: left, signal }, true));
        }
        fail(new DeliveryError('network', cause.message || cause.code || 'no connection', { cause }));
      });
      outgoing.on('response', (answer) => {
        readBody(answer, maxBodyBytes).then((body) => {
          settle();
          resolve({ code: answer.statusCode ?? 0, headers: answer.headers, body });
        }, fail);
      });
      outgoing.end(event.data);
      if (signal.aborted) abort();
    });

  return Object.assign((delivery: DeliveryRequest) => post(delivery), {
    close() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  });
};

/** Of an answer that is a failure only the beginning matters. */
const failureBytes = 65_536;

const readBody = async (answer: IncomingMessage, mostBytes: number): Promise<Uint8Array> => {
  const taken = (answer.statusCode ?? 0) < 300;
  const most = taken ? mostBytes : failureBytes;
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.byteLength;
      if (bytes <= most) continue;
      if (taken) throw new DeliveryError('answer-too-large', `the answer has more than ${most} bytes`);
      break;
    }
  } catch (cause) {
    if (cause instanceof DeliveryError) throw cause;
    throw new DeliveryError('network', (cause as Error).message, { cause });
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
};
