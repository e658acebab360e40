import type { IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Origin, requestHead } from './request-head.ts';

const request = (headers: string[], method = 'GET') =>
  ({ method, url: '/a?b', rawHeaders: headers, socket: { remoteAddress: '127.0.0.1' } }) as IncomingMessage;

const fieldsOf = (
  headers: string[],
  origin: Origin = 'outside',
  { method = 'GET', upgrade = false } = {},
) => {
  const { text, ...rest } = requestHead(request(headers, method), origin, upgrade);
  const [line, ...lines] = text.slice(0, -4).split('\r\n');
  expect(text.endsWith('\r\n\r\n')).toBe(true);
  return { line, fields: lines, ...rest };
};

it('passes fields on as they were sent, in their order and case, also twice', () => {
  const { line, fields } = fieldsOf(['Host', 'a.b', 'Cookie', 'a=1', 'cookie', 'b=2', 'X-Ä', 'ü']);
  expect(line).toBe('GET /a?b HTTP/1.1');
  expect(fields.slice(0, 4)).toEqual(['Host: a.b', 'Cookie: a=1', 'cookie: b=2', 'X-Ä: ü']);
});

it('takes no word of the outside on its own way', () => {
  const said = [
    'X-Forwarded-For',
    '6.6.6.6',
    'x-forwarded-proto',
    'https',
    'X-FORWARDED-HOST',
    'bank',
    'Forwarded',
    'for=6.6.6.6',
    'X-Real-IP',
    '6.6.6.6',
    'X-Forwarded-Client-Certificate',
    'forged',
    'X-Forwarded-Port',
    '1',
  ];
  const { fields } = fieldsOf(['Host', 'shop:8080', ...said]);
  expect(fields).toEqual([
    'Host: shop:8080',
    'X-Forwarded-For: 127.0.0.1',
    'X-Forwarded-Proto: http',
    'X-Forwarded-Host: shop:8080',
  ]);
});

it('adds to what an earlier hop inside has said', () => {
  const said = ['X-Forwarded-For', '10.1.1.1', 'X-Forwarded-Proto', 'https', 'X-Forwarded-Host', 'shop'];
  const { fields } = fieldsOf(['Host', 'orders', ...said], 'inside');
  expect(fields).toEqual([
    'Host: orders',
    'X-Forwarded-For: 10.1.1.1, 127.0.0.1',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Host: shop',
  ]);
});

it("drops the connection's own fields and those that Connection names, but not what it must not name", () => {
  const { fields } = fieldsOf([
    'Host',
    'a',
    'Connection',
    'keep-alive, X-Hop, Host, Content-Length',
    'X-Hop',
    '1',
    'Keep-Alive',
    '5',
    'Proxy-Authorization',
    'x',
    'Proxy-Connection',
    'x',
    'Upgrade',
    'h2c',
    'TE',
    'trailers, deflate',
    'Content-Length',
    '0',
  ]);
  expect(fields.slice(0, -3)).toEqual(['Host: a', 'TE: trailers', 'Content-Length: 0']);
  const named = fieldsOf(
    ['Host', 'a', 'Connection', 'X-Forwarded-For, Transfer-Encoding', 'Transfer-Encoding', 'chunked'],
    'outside',
    { method: 'POST' },
  );
  expect(named.fields).toContain('X-Forwarded-For: 127.0.0.1');
  expect(named).toMatchObject({ body: 'chunked' });
});

it('keeps what asks for another protocol, where that is wanted', () => {
  const asked = ['Host', 'a', 'Connection', 'Upgrade', 'Upgrade', 'websocket'];
  expect(fieldsOf(asked, 'outside', { upgrade: true }).fields).toEqual(
    expect.arrayContaining(['Upgrade: websocket', 'Connection: Upgrade']),
  );
  expect(fieldsOf(asked).fields.join()).not.toMatch(/upgrade/i);
});

it('names a Host where HTTP/1.0 named none', () => {
  expect(fieldsOf(['Accept', '*/*']).fields[0]).toBe('Host: localhost');
});

it('is repeatable only when it is idempotent and has no body', () => {
  const methods = fc.constantFrom('GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'POST', 'PATCH');
  const bodies = fc.constantFrom<string[]>(
    [],
    ['Content-Length', '0'],
    ['Content-Length', '3'],
    ['Transfer-Encoding', 'chunked'],
  );
  fc.assert(
    fc.property(methods, bodies, (method, body) => {
      const empty = body.length === 0 || body[1] === '0';
      const head = fieldsOf(['Host', 'a', ...body], 'outside', { method });
      expect(head.repeatable).toBe(empty && !['POST', 'PATCH'].includes(method));
      expect(head.body === 'none').toBe(empty);
    }),
  );
});
