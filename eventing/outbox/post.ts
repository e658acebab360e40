import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { CloudEvent } from '../contracts/cloud-event.ts';
import { binaryMode, type Message } from './binary-mode.ts';

export type Outcome =
  | { kind: 'accepted' }
  /** The sink will not have this event, now or later. */
  | { kind: 'refused'; reason: string }
  /** The sink cannot take events now. */
  | { kind: 'failed'; reason: string };

/** Answers that are about the event and not about the sink. */
const refusals = new Set([400, 413, 415, 422, 431]);

/**
 * Posts events to the sink, and to no other address. By node:http, which costs a third of fetch and whose default
 * agent keeps connections and follows HTTP_PROXY under NODE_USE_ENV_PROXY.
 */
export function createPost(sink: URL, timeoutMs: number): (event: CloudEvent) => Promise<Outcome> {
  return async (event) => {
    const message = binaryMode(event);
    try {
      return outcomeOf(await send(sink, message, timeoutMs));
    } catch (error) {
      return { kind: 'failed', reason: (error as Error).message };
    }
  };
}

function outcomeOf(status: number): Outcome {
  if (status >= 200 && status < 300) return { kind: 'accepted' };
  return { kind: refusals.has(status) ? 'refused' : 'failed', reason: `the sink answered ${status}` };
}

function send(sink: URL, message: Message, timeoutMs: number, again = true): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = sink.protocol === 'https:' ? httpsRequest : httpRequest;
    const post = request(sink, { method: 'POST', headers: message.headers }, (response) => {
      response.resume();
      response.once('error', reject);
      response.once('end', () => resolve(response.statusCode ?? 0));
    });
    const timer = setTimeout(
      () => post.destroy(new Error(`the sink gave no answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    post.once('close', () => clearTimeout(timer));
    post.once('error', (error: NodeJS.ErrnoException) => {
      // The server closed a kept connection just as we used it: that says nothing of the sink.
      const stale = post.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      if (stale && again) resolve(send(sink, message, timeoutMs, false));
      else reject(error);
    });
    post.end(message.body);
  });
}
