import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ResponseError, type ResponseHead } from './response-head.ts';
import { createResponseParser, type ResponseEvents } from './response-parser.ts';

interface Answer {
  heads: ResponseHead[];
  information: ResponseHead[];
  body: string;
  trailers: string[] | undefined;
  ends: number;
  switched: string | undefined;
}

const newAnswer = (): Answer => ({
  heads: [],
  information: [],
  body: '',
  trailers: undefined,
  ends: 0,
  switched: undefined,
});

const recorder = (answer: Answer): ResponseEvents => ({
  information: (head) => answer.information.push(head),
  head: (head) => answer.heads.push(head),
  data: (chunk) => {
    answer.body += chunk.toString('latin1');
  },
  end: (trailers) => {
    answer.trailers = trailers;
    answer.ends++;
  },
  switched: (_, rest) => {
    answer.switched = rest.toString('latin1');
  },
});

const read = (bytes: string, { method = 'GET', cuts = [] as number[], close = false } = {}): Answer => {
  const answer = newAnswer();
  const parser = createResponseParser(recorder(answer));
  parser.expect(method);
  const whole = Buffer.from(bytes, 'latin1');
  const places = [...new Set([0, ...cuts.map((cut) => cut % (whole.length + 1)), whole.length])].sort(
    (a, b) => a - b,
  );
  for (let i = 1; i < places.length; i++) parser.feed(whole.subarray(places[i - 1], places[i]));
  if (close) parser.close();
  return answer;
};

const latin1 = (max: number) =>
  fc.uint8Array({ maxLength: max }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const value = fc
  .array(fc.constantFrom('a', 'Z', '0', ' ', ';', '=', '"', 'é'), { maxLength: 12 })
  .map((letters) => letters.join('').trim());
const fields = fc.array(fc.tuple(fc.constantFrom('x-a', 'X-B', 'set-cookie', 'etag'), value), {
  maxLength: 6,
});
const chunks = fc.array(
  latin1(30).filter((chunk) => chunk.length > 0),
  { maxLength: 5 },
);
const cuts = fc.array(fc.nat(2_000), { maxLength: 12 });
const lines = (pairs: [string, string][]) => pairs.map(([name, text]) => `${name}: ${text}\r\n`).join('');

describe('an answer arrives as it was sent, however it is cut', () => {
  it('with a length', () => {
    fc.assert(
      fc.property(fields, latin1(100), cuts, (pairs, body, where) => {
        const answer = read(
          `HTTP/1.1 200 Fine\r\n${lines(pairs)}Content-Length: ${body.length}\r\n\r\n${body}`,
          {
            cuts: where,
          },
        );
        expect(answer.heads).toHaveLength(1);
        expect(answer.heads[0]).toMatchObject({ code: 200, reason: 'Fine', keepAlive: true });
        expect(answer.heads[0]?.headers).toEqual([...pairs.flat(), 'Content-Length', String(body.length)]);
        expect(answer).toMatchObject({ body, ends: 1, trailers: [] });
      }),
    );
  });

  it('in chunks, with trailers', () => {
    fc.assert(
      fc.property(fields, chunks, fields, cuts, fc.boolean(), (pairs, parts, trailers, where, extended) => {
        const framed = parts
          .map((part) => `${part.length.toString(16)}${extended ? ';a="b"' : ''}\r\n${part}\r\n`)
          .join('');
        const answer = read(
          `HTTP/1.1 201 \r\nTransfer-Encoding: chunked\r\n${lines(pairs)}\r\n${framed}0\r\n${lines(trailers)}\r\n`,
          { cuts: where },
        );
        expect(answer.heads[0]?.headers).toEqual(pairs.flat());
        expect(answer).toMatchObject({ body: parts.join(''), ends: 1, trailers: trailers.flat() });
      }),
    );
  });

  it('until the connection closes, which then is not used again', () => {
    fc.assert(
      fc.property(latin1(60), cuts, (body, where) => {
        const open = read(`HTTP/1.1 200 OK\r\n\r\n${body}`, { cuts: where });
        expect(open).toMatchObject({ body, ends: 0 });
        const closed = read(`HTTP/1.1 200 OK\r\n\r\n${body}`, { cuts: where, close: true });
        expect(closed).toMatchObject({ body, ends: 1 });
        expect(closed.heads[0]?.keepAlive).toBe(false);
      }),
    );
  });

  it('after any number of interim answers', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(100, 102, 103), { maxLength: 4 }), cuts, (codes, where) => {
        const interim = codes.map((code) => `HTTP/1.1 ${code} Wait\r\nLink: </a>\r\n\r\n`).join('');
        const answer = read(`${interim}HTTP/1.1 204 No Content\r\n\r\n`, { cuts: where });
        expect(answer.information.map(({ code }) => code)).toEqual(codes);
        expect(answer).toMatchObject({ ends: 1, body: '' });
      }),
    );
  });

  it('as another protocol after 101', () => {
    const answer = read(
      'HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x01a',
    );
    expect(answer).toMatchObject({ switched: '\x81\x01a', ends: 0 });
  });
});

it.each([
  ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'],
  ['HEAD', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n'],
  ['GET', 'HTTP/1.1 204 No Content\r\n\r\n'],
])('an answer to %s without a body has none: %j', (method, bytes) => {
  expect(read(bytes, { method })).toMatchObject({ ends: 1, body: '' });
});

it.each([
  ['GET', 'Content-Length: 0\r\n\r\n', false],
  ['HEAD', 'Transfer-Encoding: chunked\r\n\r\n', false],
  ['GET', 'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n', true],
])('announces trailers only where they may come: %s %j', (method, rest, announced) => {
  const [head] = read(`HTTP/1.1 200 OK\r\nTrailer: x-sum\r\n${rest}`, { method }).heads;
  expect(head?.headers.includes('Trailer')).toBe(announced);
});

it("keeps the connection's own fields to the connection", () => {
  const [head] = read(
    'HTTP/1.1 200 OK\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=7\r\nUpgrade: h2c\r\nX-End: 2\r\nContent-Length: 0\r\n\r\n',
  ).heads;
  expect(head).toMatchObject({
    headers: ['X-End', '2', 'Content-Length', '0'],
    keepAlive: false,
    keepAliveMs: 7_000,
  });
});

it.each([
  ['HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n', false],
  ['HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n', true],
  ['HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n', false],
])('knows whether the connection stays: %j', (bytes, keepAlive) => {
  expect(read(bytes).heads[0]?.keepAlive).toBe(keepAlive);
});

it('counts a length beside chunks for nothing and does not pass it on', () => {
  const answer = read(
    'HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n',
  );
  expect(answer.heads[0]?.headers).toEqual([]);
  expect(answer).toMatchObject({ body: 'a', ends: 1 });
});

it.each([
  ['no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n'],
  ['HTTP/2', 'HTTP/2 200\r\n\r\n'],
  ['a bare line feed in a field', 'HTTP/1.1 200 OK\r\nX: a\nY: b\r\n\r\n'],
  ['a blank before the colon', 'HTTP/1.1 200 OK\r\nX : a\r\n\r\n'],
  ['a folded field', 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
  ['a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n'],
  ['another transfer coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'],
  ['a chunk without a size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n'],
  ['a chunk longer than its size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n'],
  ['more than the answer', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab'],
  ['an endless head', `HTTP/1.1 200 OK\r\n${'X: a\r\n'.repeat(20_000)}`],
  [
    'endless trailers',
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${'X: a\r\n'.repeat(20_000)}`,
  ],
])('refuses %s', (_, bytes) => {
  expect(() => read(bytes)).toThrow(ResponseError);
});

it('tells no end of an answer after which more came, and takes nothing that nobody asked for', () => {
  const answer = newAnswer();
  const parser = createResponseParser(recorder(answer));
  expect(() => parser.feed(Buffer.from('HTTP/1.1 200 OK\r\n\r\n'))).toThrow('nobody asked for');
  parser.expect('GET');
  expect(() => parser.feed(Buffer.from('HTTP/1.1 204 N\r\n\r\nHTTP/1.1 200 OK\r\n\r\n'))).toThrow(
    ResponseError,
  );
  expect(answer.ends).toBe(0);
});

it('reads one answer after another', () => {
  const answer = newAnswer();
  const parser = createResponseParser(recorder(answer));
  for (const body of ['one', 'two']) {
    parser.expect('GET');
    parser.feed(Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n${body}`));
  }
  expect(answer).toMatchObject({ body: 'onetwo', ends: 2 });
});
