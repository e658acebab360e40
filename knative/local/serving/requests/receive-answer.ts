import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Connection } from './connections.ts';
import { type ResponseHead, trailerField, without } from './response-head.ts';

/** A whole answer up to this size is one write. */
const maxHeld = 16 * 1024;

/** Passes a pod's answer on as it comes, at the caller's pace. */
export const receiveAnswer = (request: IncomingMessage, response: ServerResponse) => {
  let begun: ResponseHead | undefined;
  let source: Connection | undefined;
  /** A head waits for what came with it: its body, or the begin of it. */
  let headWaits = false;
  let held: Buffer | undefined;
  let paused = false;

  const flush = () => {
    if (!headWaits) return;
    headWaits = false;
    if (held) write(held);
    else response.flushHeaders();
    held = undefined;
  };
  const write = (chunk: Buffer) => {
    if (response.write(chunk) || paused) return;
    paused = true;
    source?.socket.pause();
    response.once('drain', resume);
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
      headWaits = true;
    },
    flush,
    data(chunk: Buffer): void {
      if (headWaits && !held && chunk.length <= maxHeld) held = chunk;
      else {
        flush();
        write(chunk);
      }
    },
    end(trailers: string[]): void {
      headWaits = false;
      source = undefined;
      if (trailers.length > 0) response.addTrailers(pairs(trailers));
      // As a string it goes with its head in one write; as bytes it would be two, or a copy of both.
      if (held) response.end(held.toString('latin1'), 'latin1');
      else response.end();
      held = undefined;
    },
  };
};

const pairs = (fields: readonly string[]): [string, string][] =>
  Array.from({ length: fields.length / 2 }, (_, i) => [fields[2 * i] as string, fields[2 * i + 1] as string]);

const valuesOf = (fields: readonly string[], name: string): string[] =>
  pairs(fields)
    .filter(([field]) => field.toLowerCase() === name)
    .map(([, value]) => value);
