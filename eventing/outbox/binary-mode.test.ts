import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CloudEvent } from '../contracts/cloud-event.ts';
import { binaryMode } from './binary-mode.ts';

const event: CloudEvent = { specversion: '1.0', id: '1', source: '/s', type: 't' };

test('attributes and extensions become headers that any server takes, and can be read back whole', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.oneof(fc.integer(), fc.boolean()), (text, value) => {
      const { headers } = binaryMode({ ...event, subject: text, extension: value });
      for (const header of Object.values(headers)) expect(header).toMatch(/^[\x21-\x7e]*$/);
      expect(headers).toMatchObject({
        'ce-id': '1',
        'ce-source': '/s',
        'ce-type': 't',
        'ce-extension': String(value),
      });
      expect(decodeURIComponent(headers['ce-subject'] ?? '')).toBe(text);
    }),
  );
});

test('the specification’s own example of encoding', () => {
  const { headers } = binaryMode({ ...event, subject: 'Euro € 😀', note: 'a "b" 100%' });
  expect(headers['ce-subject']).toBe('Euro%20%E2%82%AC%20%F0%9F%98%80');
  expect(headers['ce-note']).toBe('a%20%22b%22%20100%25');
});

test.each([
  ['JSON', { data: { a: [1, 'ü'] } }, '{"a":[1,"ü"]}', 'application/json'],
  [
    'JSON that is a string',
    { data: 'text', datacontenttype: 'application/json' },
    '"text"',
    'application/json',
  ],
  ['JSON null', { data: null }, 'null', 'application/json'],
  [
    'JSON under another name',
    { data: 'a', datacontenttype: 'application/vnd.x+json; v=1' },
    '"a"',
    'application/vnd.x+json; v=1',
  ],
  ['text', { data: 'text', datacontenttype: 'text/plain' }, 'text', 'text/plain'],
  [
    'bytes',
    { data_base64: Buffer.from('raw').toString('base64'), datacontenttype: 'image/png' },
    'raw',
    'image/png',
  ],
])('data that is %s is the body as it stands', (_, parts, body, type) => {
  const message = binaryMode({ ...event, ...parts });
  expect(message.body.toString()).toBe(body);
  expect(message.headers['content-type']).toBe(type);
  expect(message.headers['content-length']).toBe(String(Buffer.byteLength(body)));
  expect(Object.keys(message.headers).some((name) => name.startsWith('ce-data'))).toBe(false);
});

test('an event without data has no body and no content type', () => {
  const { headers, body } = binaryMode(event);
  expect(body).toHaveLength(0);
  expect(headers['content-type']).toBeUndefined();
});

test('the trace goes on as a header of its own too', () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  expect(binaryMode({ ...event, traceparent }).headers).toMatchObject({
    traceparent,
    'ce-traceparent': traceparent,
  });
});
