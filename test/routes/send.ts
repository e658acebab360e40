import { type IncomingHttpHeaders, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect } from 'vitest';
import type { Operation } from '../../functions/kit/operation.ts';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Sending {
  method?: string;
  /** Sent as it stands: neither normalised nor encoded. */
  path: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** Without a Content-Length. */
  chunked?: boolean;
}

/** A request as the wire has it; fetch would tidy the path up. */
export const send = (
  url: string,
  { method = 'GET', path, headers, body, chunked }: Sending,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { hostname, port, pathname } = new URL(url);
    const prefix = pathname === '/' ? '' : pathname;
    const call = request({
      hostname,
      port,
      method,
      path: path.startsWith('http') ? path : prefix + path,
      agent: false,
      headers: {
        ...headers,
        ...(body !== undefined &&
          (chunked
            ? { 'transfer-encoding': 'chunked' }
            : { 'content-length': String(Buffer.byteLength(body)) })),
      },
    });
    let answered = false;
    call.once('response', async (response) => {
      answered = true;
      const { statusCode: status = 0, headers } = response;
      text(response).then((body) => resolve({ status, headers, body }), reject);
    });
    // A server that refuses a body may close before all of it is written: its answer counts.
    call.on('error', (error) => answered || reject(error));
    call.end(body);
  });

const unknownId = '0192f0c1-7a3b-7cde-8f01-23456789abcd';

/** The operation's path with ids that name nothing. */
export const somePath = ({ path }: Operation, parameter = unknownId): string =>
  path.replaceAll(/:\w+/g, parameter);

/** Checks the form of a refusal (RFC 9457) and answers its document. */
export const expectProblem = (
  answer: Answer,
  status: number,
): { code: string; errors?: { pointer: string }[] } => {
  expect(answer).toMatchObject({ status, headers: { 'content-type': 'application/problem+json' } });
  const document = JSON.parse(answer.body);
  expect(document).toEqual({
    type: expect.stringMatching(/^urn:kagari:problem:/),
    title: expect.any(String),
    status,
    detail: expect.any(String),
    code: expect.stringMatching(/^[a-z-]+$/),
    ...(document.errors && { errors: expect.any(Array) }),
  });
  if (status === 401) expect(answer.headers['www-authenticate']).toMatch(/^Bearer /);
  if (status === 405) expect(answer.headers.allow).toBeTruthy();
  if (status === 429 || status === 503) expect(answer.headers['retry-after']).toMatch(/^\d+$/);
  return document;
};
