import { expect } from 'vitest';
import type { Reply } from './web.ts';

export interface Problem {
  code: string;
  detail: string;
  errors?: { pointer: string; detail: string }[];
}

/** The document of a refusal, once it has the form and the headers that every one of its status has (RFC 9457). */
export const problemOf = (reply: Reply, status: number): Problem => {
  const { headers, text } = reply;
  expect({ status: reply.status, type: headers['content-type'], text }).toMatchObject({
    status,
    type: 'application/problem+json',
  });
  const document = reply.json<Problem>();
  expect(document).toEqual({
    type: expect.stringMatching(/^urn:kagari:problem:[a-z-]+$/),
    title: expect.stringMatching(/./),
    status,
    detail: expect.stringMatching(/./),
    code: expect.stringMatching(/^[a-z-]+$/),
    ...(document.errors && { errors: expect.any(Array) }),
  });
  for (const error of document.errors ?? [])
    expect(error).toEqual({ pointer: expect.stringMatching(/^#/), detail: expect.stringMatching(/./) });
  if (status === 401) expect(headers['www-authenticate']).toMatch(/./);
  if (status === 405) expect(headers.allow).toMatch(/./);
  if (status === 429 || status === 503) expect(headers['retry-after']).toMatch(/^\d+$/);
  return document;
};

/** What a reply of this status says. */
export const answerOf = <T>(reply: Reply, status = 200): T => {
  expect({ status: reply.status, text: reply.text }).toMatchObject({ status });
  return reply.json<T>();
};

export const uuid7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** RFC 3339, UTC. */
export const utc = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z$/;
/** UUIDv7 of nothing that there is. */
export const nobodys = '0192f0c1-7a3b-7cde-8f01-23456789abcd';
