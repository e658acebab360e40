import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyEvent } from './event.testing.ts';
import { type CloudEvent, NotAnEvent } from './event.ts';
import { binaryHeaders, readEvent } from './http-message.ts';
import { fromRecord, toRecord } from './record.ts';

const required = { 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': '/s', 'ce-type': 't' };
const structured = { 'content-type': 'application/cloudevents+json; charset=utf-8' };
const json = (members: object) =>
  Buffer.from(JSON.stringify({ specversion: '1.0', id: '1', source: '/s', type: 't', ...members }));
const plain = ({ attributes, data }: CloudEvent) => ({
  attributes: Object.fromEntries(attributes),
  data: Buffer.from(data).toString('latin1'),
});

test('an event is the same after binary mode, and after the log', () => {
  fc.assert(
    fc.property(anyEvent, (event) => {
      const headers = binaryHeaders(event);
      for (const value of Object.values(headers)) expect(value).toMatch(/^[\x20-\x7e]*$/);
      expect(plain(readEvent(headers, event.data))).toEqual(plain(event));
      const record = {
        ...toRecord(event),
        topic: 't',
        partition: 0,
        offset: 0n,
        key: null,
        timestamp: new Date(),
        headers: toRecord(event).headers ?? {},
      };
      expect(plain(fromRecord(record))).toEqual(plain(event));
      expect(toRecord(event).key).toBe(event.attributes.get('partitionkey') ?? null);
    }),
  );
});

test('an event is the same in structured mode, with its data as base64', () => {
  fc.assert(
    fc.property(anyEvent, (event) => {
      const members = {
        ...Object.fromEntries(event.attributes),
        data_base64: Buffer.from(event.data).toString('base64'),
      };
      expect(plain(readEvent(structured, Buffer.from(JSON.stringify(members))))).toEqual(plain(event));
    }),
  );
});

test('JSON data of a structured event keeps its value', () => {
  fc.assert(
    fc.property(
      fc.jsonValue().filter((data) => data !== null),
      (data) => {
        const event = readEvent(structured, json({ data }));
        expect(JSON.parse(Buffer.from(event.data).toString())).toEqual(JSON.parse(JSON.stringify(data)));
        expect(event.attributes.get('datacontenttype')).toBe('application/json');
      },
    ),
  );
});

test.each(['12345678901234567890', '0.12345678901234567890123', '1e400', '-0', '1.10', '100'])(
  'the number %s keeps its digits',
  (number) => {
    const body = Buffer.from(
      `{"specversion":"1.0","id":"1","source":"/s","type":"t","data":{"n":${number}}}`,
    );
    expect(Buffer.from(readEvent(structured, body).data).toString()).toBe(`{"n":${number}}`);
  },
);

test('data that is a string is JSON or text, as its type says', () => {
  const read = (datacontenttype: string) =>
    Buffer.from(readEvent(structured, json({ datacontenttype, data: 'a"b' })).data).toString();
  expect(read('application/json')).toBe('"a\\"b"');
  expect(read('application/vnd.x+json; v=1')).toBe('"a\\"b"');
  expect(read('text/plain')).toBe('a"b');
});

test('attributes of a structured event may be booleans and integers; null is none', () => {
  const { attributes } = readEvent(structured, json({ flag: true, count: -7, none: null, subject: null }));
  expect(Object.fromEntries(attributes)).toEqual({
    specversion: '1.0',
    id: '1',
    source: '/s',
    type: 't',
    flag: 'true',
    count: '-7',
  });
});

test.each([
  ['percent-encoded', 'caf%C3%A9%20%22x%22', 'café "x"'],
  ['quoted', '"a \\"b\\" %25"', 'a "b" %'],
  ['UTF-8 as it is', Buffer.from('größe').toString('latin1'), 'größe'],
  ['a percent sign of its own', '100%', '100%'],
])('a header value that is %s is decoded', (_, header, value) => {
  expect(readEvent({ ...required, 'ce-note': header }, Buffer.of()).attributes.get('note')).toBe(value);
});

test.each([
  ['nothing', {}, ''],
  ['no id', { ...required, 'ce-id': undefined }, ''],
  ['an empty id', { ...required, 'ce-id': '' }, ''],
  ['no type', { ...required, 'ce-type': undefined }, ''],
  ['no source', { ...required, 'ce-source': undefined }, ''],
  ['no specversion', { ...required, 'ce-specversion': undefined }, ''],
  ['specversion 0.3', { ...required, 'ce-specversion': '0.3' }, ''],
  ['a source with a space', { ...required, 'ce-source': 'a b' }, ''],
  ['an extension with a hyphen', { ...required, 'ce-my-ext': 'x' }, ''],
  ['an extension without a name', { ...required, 'ce-': 'x' }, ''],
  ['an attribute called data', { ...required, 'ce-data': 'x' }, ''],
  ['a time without a zone', { ...required, 'ce-time': '2026-01-01T00:00:00' }, ''],
  ['a day that is none', { ...required, 'ce-time': '2026-02-30T00:00:00Z' }, ''],
  ['an hour that is none', { ...required, 'ce-time': '2026-02-03T24:00:00Z' }, ''],
  ['an empty subject', { ...required, 'ce-subject': '' }, ''],
  ['a relative dataschema', { ...required, 'ce-dataschema': '/schema' }, ''],
  ['a content type that is none', { ...required, 'content-type': 'json' }, '{}'],
  ['ce-datacontenttype', { ...required, 'ce-datacontenttype': 'text/plain' }, 'x'],
  ['a control character', { ...required, 'ce-note': 'a%00b' }, ''],
  ['half a character', { ...required, 'ce-note': '%C3' }, ''],
  ['a batch', { 'content-type': 'application/cloudevents-batch+json' }, '[]'],
  ['another format', { 'content-type': 'application/cloudevents+xml' }, '<event/>'],
  ['structured mode without JSON', structured, '{'],
  ['structured mode with a list', structured, '[]'],
  ['structured mode with null', structured, 'null'],
  ['structured mode without an id', structured, '{"specversion":"1.0","source":"/s","type":"t"}'],
  ['an extension that is an object', structured, json({ ext: {} })],
  ['an extension that is a fraction', structured, json({ ext: 1.5 })],
  ['an extension beyond 32 bits', structured, json({ ext: 2 ** 31 })],
  [
    'an id that is a number with digits to keep',
    structured,
    Buffer.from('{"specversion":"1.0","id":1e2,"source":"/s","type":"t"}'),
  ],
  ['an extension with a capital letter', structured, json({ Ext: 'x' })],
  [
    'an extension called __proto__',
    structured,
    Buffer.from('{"specversion":"1.0","id":"1","source":"/s","type":"t","__proto__":"x"}'),
  ],
  ['data twice', structured, json({ data: 1, data_base64: 'AA==' })],
  ['data_base64 that is none', structured, json({ data_base64: 'A' })],
  ['text that is no string', structured, json({ datacontenttype: 'text/plain', data: { a: 1 } })],
  ['a body that is not UTF-8', structured, Buffer.from([0x7b, 0xff, 0x7d])],
] as [string, Record<string, string | undefined>, string | Buffer][])(
  '%s is no event',
  (_, headers, body) => {
    expect(() => readEvent(headers, Buffer.from(body))).toThrow(NotAnEvent);
  },
);

test('a content type of many blanks is refused as fast as any', () => {
  const blanks = `text/plain${';  '.repeat(18)}@`;
  const began = performance.now();
  expect(() => readEvent({ ...required, 'content-type': blanks }, Buffer.of(1))).toThrow(NotAnEvent);
  expect(performance.now() - began).toBeLessThan(2_000);
});

test.each(['text/plain;', 'text/plain ; charset=utf-8', 'a/b;c="d;\\"e";  ; f=g '])(
  '%s is a content type',
  (type) => {
    const { attributes } = readEvent({ ...required, 'content-type': type }, Buffer.of(1));
    expect(attributes.get('datacontenttype')).toBe(type);
  },
);

test('whatever comes in is an event or refused, and nothing else', () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.oneof(fc.constantFrom(...Object.keys(required), 'content-type'), fc.string()),
        fc.string(),
      ),
      fc.constantFrom(undefined, 'application/cloudevents+json'),
      fc.oneof(
        fc.uint8Array(),
        fc.json().map((text) => Buffer.from(text)),
      ),
      (headers, contentType, body) => {
        try {
          const event = readEvent(
            contentType
              ? { ...required, ...headers, 'content-type': contentType }
              : { ...required, ...headers },
            body,
          );
          expect(plain(readEvent(binaryHeaders(event), event.data))).toEqual(plain(event));
        } catch (error) {
          expect(error).toBeInstanceOf(NotAnEvent);
        }
      },
    ),
    { numRuns: 1_000 },
  );
});
