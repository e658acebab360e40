import { type Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Answer {
  status: number;
  reason: string;
  headers: IncomingMessage['headers'];
  rawHeaders: string[];
  body: string;
  trailers: IncomingMessage['trailers'];
}

export interface Call {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** Sent in chunks, with these trailers. */
  trailers?: Record<string, string>;
  agent?: Agent;
  signal?: AbortSignal;
}

/** One request, its answer whole; rejects where the connection ends before. */
export const call = (
  url: string,
  { method = 'GET', headers = {}, body, trailers, agent, signal }: Call = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request(url, {
      method,
      headers: { ...headers, ...(trailers ? { trailer: Object.keys(trailers).join() } : {}) },
      agent: agent ?? false,
      ...(signal ? { signal } : {}),
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part) => parts.push(part));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          reason: response.statusMessage ?? '',
          headers: response.headers,
          rawHeaders: response.rawHeaders,
          body: Buffer.concat(parts).toString(),
          trailers: response.trailers,
        }),
      );
    });
    if (trailers) {
      sent.write(body ?? '');
      sent.addTrailers(trailers);
      sent.end();
    } else sent.end(body);
  });

/** What comes back for these bytes until the connection ends. */
export const rawExchange = async (url: string, bytes: string): Promise<string> => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write(bytes);
  return text(socket);
};
