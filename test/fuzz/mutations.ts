import * as fc from 'fast-check';
import { bodyMutations } from './body-mutations.ts';
import type { Mutation } from './mutation.ts';
import { type Draft, validDrafts, verbatim, type Who } from './request.ts';
import type { Target } from './targets.ts';

const always = () => true;
const withHeader = (draft: Draft, name: string, value: unknown): Partial<Draft> => ({
  headers: [...draft.headers, [name, value]],
});
const replaceHeader = (draft: Draft, name: string, ...values: unknown[]): Partial<Draft> => ({
  headers: [
    ...draft.headers.filter(([other]) => other !== name),
    ...values.map((value) => [name, value] as const),
  ],
});

const oddTexts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom(
    '',
    ' ',
    '\0',
    '\ud800',
    '\u202e\u0000\ufeff',
    '👩‍👩‍👧‍👦'.repeat(40),
    "'; drop table users; --",
    '../../etc/passwd',
    '{{7*7}}',
    '__proto__',
    'null',
    'NaN',
    '-1',
    '1e400',
    '9'.repeat(400),
    'x'.repeat(5_000),
    '01890a5d-ac96-774b-bcce-b302099a8057',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
  ),
);

/** Percent-encodings that are none, or of no text. */
const oddEncodings = fc.constantFrom(
  '%',
  '%zz',
  '%00',
  '%ff',
  '%c0%af',
  '%ed%a0%80',
  '+',
  '%2B',
  '%u0041',
  '[]',
  '[a]=1',
  ';',
  '&',
  '=',
);

const mutations: Mutation[] = [
  ...bodyMutations,
  {
    name: 'another method',
    fits: always,
    change: () =>
      fc
        .constantFrom(
          'PUT',
          'PATCH',
          'DELETE',
          'OPTIONS',
          'HEAD',
          'TRACE',
          'GET',
          'POST',
          'PROPFIND',
          'QUERY',
        )
        .map((method) => ({
          method,
        })),
  },
  {
    name: 'a content type that is not JSON',
    fits: ({ body }) => body !== undefined,
    change: (draft) =>
      fc
        .constantFrom(
          'text/plain',
          'application/xml',
          'multipart/form-data; boundary=x',
          'application/x-www-form-urlencoded',
          'application/json; charset=utf-16',
          'application/jsonp',
          'application/json, text/plain',
          'json',
          '',
          ';',
          'a'.repeat(4_000),
        )
        .map((type) => replaceHeader(draft, 'content-type', type)),
  },
  {
    name: 'no content type',
    fits: ({ body }) => body !== undefined,
    change: (draft) => fc.constant(replaceHeader(draft, 'content-type')),
  },
  {
    name: 'two content types',
    fits: ({ body }) => body !== undefined,
    change: (draft) => fc.constant(replaceHeader(draft, 'content-type', 'application/json', 'text/plain')),
  },
  {
    name: 'a content encoding',
    fits: ({ body }) => body !== undefined,
    change: (draft) =>
      fc
        .constantFrom('gzip', 'br', 'identity', 'x', '')
        .map((value) => withHeader(draft, 'content-encoding', value)),
  },
  {
    name: 'a header left out',
    fits: ({ headers }) => headers.length > 0,
    change: ({ headers }) =>
      fc.nat(headers.length - 1).map((at) => ({ headers: headers.filter((_, i) => i !== at) })),
  },
  {
    name: 'a header twice',
    fits: ({ headers }) => headers.length > 0,
    change: ({ headers }) =>
      fc.tuple(fc.nat(headers.length - 1), fc.boolean()).map(([at, same]) => {
        const [name, value] = headers[at] as [string, unknown];
        return { headers: [...headers, [name, same ? value : 'other']] };
      }),
  },
  {
    name: 'an odd value of a header',
    fits: ({ headers }) => headers.length > 0,
    change: ({ headers }) =>
      fc.tuple(fc.nat(headers.length - 1), oddTexts).map(([at, odd]) => ({
        headers: headers.map(([name, value], i) => [name, i === at ? odd : value] as const),
      })),
  },
  {
    name: 'a header that says how one came',
    fits: always,
    change: (draft) =>
      fc
        .constantFrom<[string, string]>(
          ['x-forwarded-for', '127.0.0.1, ::1'],
          ['x-forwarded-host', 'evil.example'],
          ['x-forwarded-proto', 'gopher'],
          ['forwarded', 'for=_x;by="'],
          ['x-http-method-override', 'DELETE'],
          ['x-original-url', '/_events'],
          ['ce-id', '1'],
          ['ce-type', '%'],
          ['knative-serving-revision', 'x'],
          ['k-proxy-request', 'activator'],
          ['traceparent', '00-zz-zz-zz'],
          ['traceparent', '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'],
          ['expect', '100-continue'],
          ['connection', 'close, authorization, content-length'],
          ['upgrade', 'websocket'],
          ['te', 'trailers'],
          ['origin', 'https://evil.example'],
          ['accept', 'application/xml;q=0.1, */*;q=0'],
          ['accept-language', '*;q=nope'],
          ['range', 'bytes=0-0,-1'],
          ['if-none-match', '*'],
          ['if-match', '"x"'],
          ['cookie', `a=${'b'.repeat(3_000)}`],
        )
        .map(([name, value]) => withHeader(draft, name, value)),
  },
  {
    name: 'more header fields than a parser takes',
    fits: always,
    change: (draft) => fc.constant(withHeader(draft, 'x-long', 'x'.repeat(20_000))),
  },
  {
    name: 'an odd authorization',
    fits: always,
    change: (draft) =>
      fc
        .constantFrom(
          'Bearer',
          'Bearer  ',
          'Basic eDp5',
          'bearer a.b.c',
          `Bearer ${'x'.repeat(9_000)}`,
          'Bearer eyJhbGciOiJub25lIn0.e30.',
          'Bearer \xff',
          '',
        )
        .map((value) => ({ ...withHeader(draft, 'authorization', value), who: 'nobody' as const })),
  },
  {
    name: 'two authorizations',
    fits: ({ who }) => who === 'owner' || who === 'operator',
    change: (draft) => fc.constant(withHeader(draft, 'authorization', 'Bearer other')),
  },
  {
    name: 'somebody else',
    fits: always,
    change: () =>
      fc
        .constantFrom<Who>('stranger', 'nobody', 'expired', 'forged', 'garbage', 'owner')
        .map((who) => ({ who })),
  },
  {
    name: 'a parameter that is not known',
    fits: always,
    change: ({ query }) =>
      fc.tuple(oddTexts, oddTexts).map(([name, value]) => ({
        query: [...query, [encodeURIComponent(name.toWellFormed()), value] as const],
      })),
  },
  {
    name: 'a parameter twice',
    fits: ({ query }) => query.length > 0,
    change: ({ query }) =>
      fc.nat(query.length - 1).map((at) => ({ query: [...query, query[at] as [string, unknown]] })),
  },
  {
    name: 'an odd parameter',
    fits: ({ query }) => query.length > 0,
    change: ({ query }) =>
      fc.tuple(fc.nat(query.length - 1), fc.oneof(oddTexts, oddEncodings.map(verbatim))).map(([at, odd]) => ({
        query: query.map(([name, value], i) => [name, i === at ? odd : value] as const),
      })),
  },
  {
    name: 'a query that is none',
    fits: always,
    change: ({ query }) => oddEncodings.map((odd) => ({ query: [...query, [odd, undefined] as const] })),
  },
  {
    name: 'an odd part of the path',
    fits: ({ params }) => Object.keys(params).length > 0,
    change: ({ params }) =>
      fc
        .tuple(
          fc.constantFrom(...Object.keys(params)),
          fc.oneof(
            oddTexts,
            fc.constantFrom('%', '%2f', '%00', '..', '.', '%2e%2e', '%ff', ';a=b', '*').map(verbatim),
          ),
        )
        .map(([name, odd]) => ({ params: { ...params, [name]: odd } })),
  },
  {
    name: 'an odd path',
    fits: always,
    change: ({ path }) =>
      fc
        .constantFrom(
          `${path}/`,
          `/${path}`,
          `${path}/.`,
          `/..${path}`,
          `${path}%20`,
          `${path};x`,
          `${path}%00`,
          path.toUpperCase(),
          `/.${path}`,
          `${path}/%2e%2e/health`,
          `${path}\\`,
          `${path}//`,
          `${path}#x`,
        )
        .map((odd) => ({ path: odd })),
  },
];

/** Requests with one mutation each. */
export const nearlyValidDrafts = (target: Target): fc.Arbitrary<Draft> =>
  fc.tuple(validDrafts(target), fc.nat(10_000)).chain(([draft, pick]) => {
    const fitting = mutations.filter(({ fits }) => fits(draft));
    const mutation = fitting[pick % fitting.length] as Mutation;
    return mutation.change(draft).map((changed) => ({ ...draft, ...changed, how: mutation.name }));
  });

/** Any bytes at all as the body. */
export const bytesDrafts = (target: Target): fc.Arbitrary<Draft> =>
  fc
    .tuple(
      validDrafts(target),
      fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        fc.json().map((text) => Buffer.from(text)),
        fc.string({ unit: 'binary', maxLength: 60 }).map((text) => Buffer.from(text)),
      ),
      fc.boolean(),
    )
    .map(([draft, bytes, chunked]) => ({
      ...draft,
      ...replaceHeader(draft, 'content-type', 'application/json'),
      how: 'any bytes as the body',
      body: { bytes },
      ...(chunked && { chunked }),
    }));
