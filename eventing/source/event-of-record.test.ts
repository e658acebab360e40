import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyEvent } from '../broker/event.testing.ts';
import { binaryHeaders, readEvent } from '../broker/http-message.ts';
import { toRecord } from '../broker/record.ts';
import type { LogRecord } from '../log/port.ts';
import { eventOfRecord } from './event-of-record.ts';

const options = { namespace: 'shop', name: 'messages-in', extensions: {} };

const aRecord = (rest: Partial<LogRecord> = {}): LogRecord => ({
  topic: 'messages',
  partition: 3,
  offset: 42n,
  key: null,
  value: Buffer.from('{"n":1}'),
  headers: {},
  timestamp: new Date('2024-03-08T10:00:00.123Z'),
  ...rest,
});

const attributesOf = (record: LogRecord, extensions: Record<string, string> = {}) =>
  Object.fromEntries(eventOfRecord(record, { ...options, extensions }).attributes);

const wrapped = {
  specversion: '1.0',
  id: 'partition:3/offset:42',
  source: '/apis/v1/namespaces/shop/kafkasources/messages-in#messages',
  type: 'dev.knative.kafka.event',
  subject: 'partition:3#42',
  time: '2024-03-08T10:00:00.123Z',
  knativekafkapartition: '3',
  knativekafkaoffset: '42',
};

describe('a record that is no CloudEvent', () => {
  it('becomes one that names its place and time, with its value as data', () => {
    const event = eventOfRecord(aRecord(), options);
    expect(Object.fromEntries(event.attributes)).toEqual(wrapped);
    expect(Buffer.from(event.data).toString()).toBe('{"n":1}');
  });

  it('gives its key as key and partitionkey, an empty one as none', () => {
    expect(attributesOf(aRecord({ key: 'käse' }))).toEqual({ ...wrapped, key: 'käse', partitionkey: 'käse' });
    expect(attributesOf(aRecord({ key: '' }))).toEqual(wrapped);
  });

  it('gives its headers as kafkaheader extensions, and its content type as that of the data', () => {
    const headers = {
      'X-Trace_ID': 'a b',
      'Content-Type': 'Application/JSON',
      ce_id: 'half an event',
      '-': 'x',
    };
    expect(attributesOf(aRecord({ headers }))).toEqual({
      ...wrapped,
      kafkaheaderxtraceid: 'a b',
      datacontenttype: 'application/json',
      kafkaheaderceid: 'half an event',
      kafkaheader: 'x',
    });
  });

  it.each(['no type', 'text/plain; charset="€"', 'text/plain\r\nx: y', ''])(
    'keeps a content type that is none as a header: %j',
    (type) => {
      expect(attributesOf(aRecord({ headers: { 'content-type': type } }))).toEqual({
        ...wrapped,
        kafkaheadercontenttype: type,
      });
    },
  );

  it.each([
    ['structured, and no JSON', 'application/cloudevents+json', '{'],
    [
      'structured without an id',
      'application/cloudevents+json',
      '{"specversion":"1.0","type":"t","source":"/s"}',
    ],
    ['a batch', 'application/cloudevents-batch+json', '[]'],
  ])('is what looks like an event and is none: %s', (_, type, value) => {
    const event = attributesOf(aRecord({ headers: { 'content-type': type }, value: Buffer.from(value) }));
    expect(event).toEqual({ ...wrapped, kafkaheadercontenttype: type });
  });
});

describe('a record that is a CloudEvent', () => {
  const ce = { ce_specversion: '1.0', ce_id: 'its-own', ce_source: '/its/own', ce_type: 'com.example.thing' };

  it('in binary mode is that event, with its place added', () => {
    const headers = { ...ce, ce_team: 'blue', 'content-type': 'application/json', other: 'no attribute' };
    expect(attributesOf(aRecord({ headers, key: 'k' }))).toEqual({
      specversion: '1.0',
      id: 'its-own',
      source: '/its/own',
      type: 'com.example.thing',
      team: 'blue',
      datacontenttype: 'application/json',
      knativekafkapartition: '3',
      knativekafkaoffset: '42',
    });
  });

  it('may have no value at all', () => {
    expect(attributesOf(aRecord({ headers: ce, value: new Uint8Array() }))).toMatchObject({ id: 'its-own' });
  });

  it('in structured mode is that event', () => {
    const value = Buffer.from(
      JSON.stringify({ specversion: '1.0', id: '1', source: '/s', type: 't', data: { n: 1 } }),
    );
    const headers = { 'content-type': 'application/cloudevents+json; charset=utf-8' };
    const event = eventOfRecord(aRecord({ headers, value }), options);
    expect(Object.fromEntries(event.attributes)).toMatchObject({
      id: '1',
      datacontenttype: 'application/json',
    });
    expect(Buffer.from(event.data).toString()).toBe('{"n":1}');
  });

  it('comes through the log as it went in, whatever it is', () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const { key = null, value, headers = {} } = toRecord(event);
        const read = eventOfRecord(aRecord({ key, value, headers }), options);
        expect(Object.fromEntries(read.attributes)).toEqual({
          ...Object.fromEntries(event.attributes),
          knativekafkapartition: '3',
          knativekafkaoffset: '42',
        });
        expect(Buffer.from(read.data)).toEqual(Buffer.from(event.data));
      }),
    );
  });
});

it('overrides are extensions of every event, in lower case, and replace none of its own attributes', () => {
  const extensions = { Team: 'blue', id: 'forged', TYPE: 'forged', kafkatopic: 'messages' };
  expect(attributesOf(aRecord(), extensions)).toEqual({ ...wrapped, team: 'blue', kafkatopic: 'messages' });
});

it('any record is an event that can be sent and read again', () => {
  const text = fc.string({ unit: 'binary', maxLength: 20 });
  const anyRecord = fc.record({
    key: fc.option(text),
    value: fc.uint8Array({ maxLength: 20 }),
    headers: fc.dictionary(
      fc.oneof(
        text,
        fc.constantFrom('content-type', 'Content-Type', 'ce_id', 'ce_specversion', 'ce_type', 'ce_x-y'),
      ),
      fc.oneof(text, fc.constantFrom('1.0', 'application/json', 'application/cloudevents+json')),
      { maxKeys: 5, noNullPrototype: true },
    ),
  });
  fc.assert(
    fc.property(anyRecord, (rest) => {
      const event = eventOfRecord(aRecord(rest), options);
      const headers = binaryHeaders(event);
      for (const [name, value] of Object.entries(headers))
        expect(`${name}: ${value}`).toMatch(/^[\x20-\x7e]+$/);
      expect(event.attributes.get('knativekafkaoffset')).toBe('42');
      // The receiver's rules are stricter than Kafka's headers: control characters are no text of an attribute.
      const strict = [...event.attributes.values()].every(
        (value) => !/[\p{Cc}\p{Noncharacter_Code_Point}]/u.test(value),
      );
      if (strict)
        expect(readEvent(headers, event.data).attributes.get('id')).toBe(event.attributes.get('id'));
    }),
    { numRuns: 500 },
  );
});
