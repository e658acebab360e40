import { type Agent, request } from 'node:http';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Sent } from './request.ts';

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

/** No answer of any operation may take longer, on a busy machine either. */
const answerWithinMs = 25_000;

/** Sends it as it is written, header by header. Rejects where there is no whole answer in time. */
export const send = async (url: string, sent: Sent, agent: Agent): Promise<Answer> => {
  try {
    return await attempt(url, sent, agent);
  } catch (error) {
    // A kept connection that the server had just closed says nothing of this request.
    if (!(error as { stale?: boolean }).stale) throw error;
    return attempt(url, sent, agent);
  }
};

const attempt = (
  url: string,
  { method, path, headers, bytes, chunked }: Sent,
  agent: Agent,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { hostname, port, pathname } = new URL(url);
    const length: [string, string][] = bytes
      ? [chunked ? ['transfer-encoding', 'chunked'] : ['content-length', String(bytes.length)]]
      : [];
    const call = request({
      hostname,
      port,
      method,
      path: (pathname === '/' ? '' : pathname) + path,
      agent,
      headers: [['host', `${hostname}:${port}`], ...headers, ...length].flat(),
    });
    let answered = false;
    const timer = setTimeout(
      () => call.destroy(new Error(`no answer within ${answerWithinMs} ms`)),
      answerWithinMs,
    );
    call.once('close', () => clearTimeout(timer));
    call.once('response', (answer) => {
      answered = true;
      buffer(answer).then(
        (body) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }),
        reject,
      );
    });
    call.on('error', (error: NodeJS.ErrnoException) => {
      // A server that refuses a body may close before all of it is written: its answer counts.
      if (answered) return;
      const cut = error.code === 'ECONNRESET' || error.code === 'EPIPE';
      reject(Object.assign(error, { stale: call.reusedSocket && cut }));
    });
    call.end(bytes);
  });

/** Writes bytes and ends its side; answers what came back before the server ended its own, however little. */
export const sendBytes = (url: string, bytes: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port) });
    const chunks: Buffer[] = [];
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`the connection was still open after ${answerWithinMs} ms`));
    }, answerWithinMs);
    socket.on('data', (chunk) => chunks.push(chunk));
    // Reset while it was still writing: what has come counts.
    socket.on('error', () => {});
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks));
    });
    socket.end(bytes);
  });
