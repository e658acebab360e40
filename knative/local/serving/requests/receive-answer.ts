import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Connection } from './connections.ts';
import { type ResponseHead, trailerField, without } from './response-parser.ts';

/** Passes a pod's answer on as it comes, at the caller's pace. */
export const receiveAnswer = (request: IncomingMessage, response: ServerResponse) => {
  let begun: ResponseHead | undefined;
  let source: Connection | undefined;
  let headWaits = false;
  let paused = false;

  const flushHead = () => {
    if (headWaits && !response.destroyed) response.flushHeaders();
  };
  const resume = () => {
    paused = false;
    source?.socket.resume();
  };

  return {
    begun: () => begun !== undefined,
    keepAlive: () => begun?.keepAlive ?? false,
    keepAliveMs: () => begun?.keepAliveMs,
    information({ code, headers }: ResponseHead): void {
      if (code === 100 && request.headers.expect !== undefined) response.writeContinue();
      if (code === 103) response.writeEarlyHints({ link: valuesOf(headers, 'link') });
    },
    head(head: ResponseHead, connection: Connection): void {
      response.sendDate = false;
      const knowsChunks = request.httpVersionMinor > 0;
      response.writeHead(
        head.code,
        head.reason,
        knowsChunks ? head.headers : without(head.headers, trailerField),
      );
      begun = head;
      source = connection;
      // A head goes out with its body's first bytes, or alone where they do not come with it (SSE).
      headWaits = true;
      process.nextTick(flushHead);
    },
    data(chunk: Buffer): void {
      headWaits = false;
      if (response.write(chunk) || paused) return;
      paused = true;
      source?.socket.pause();
      response.once('drain', resume);
    },
    end(trailers: string[]): void {
      headWaits = false;
      source = undefined;
      if (trailers.length > 0) response.addTrailers(pairs(trailers));
      response.end();
    },
  };
};

const pairs = (fields: readonly string[]): [string, string][] =>
  Array.from({ length: fields.length / 2 }, (_, i) => [fields[2 * i] as string, fields[2 * i + 1] as string]);

const valuesOf = (fields: readonly string[], name: string): string[] =>
  pairs(fields)
    .filter(([field]) => field.toLowerCase() === name)
    .map(([, value]) => value);
