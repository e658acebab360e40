import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CloudEvent } from '../../eventing/contracts/cloud-event.ts';
import { binaryMode } from '../../eventing/outbox/binary-mode.ts';
import { readCloudEvent } from './cloud-event.ts';
import { Problem } from './problem.ts';

const text = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 30 })
  .filter((value) => value.isWellFormed());
const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);
const event: fc.Arbitrary<CloudEvent> = fc.record(
  {
    specversion: fc.constant('1.0' as const),
    id: text,
    source: text,
    type: text,
    subject: text,
    myextension: text,
    data: json,
  },
  { requiredKeys: ['specversion', 'id', 'source', 'type', 'data'] },
);

describe('readCloudEvent', () => {
  it('reads in binary mode what the outbox writes', () => {
    fc.assert(
      fc.property(event, (sent) => {
        const { headers, body } = binaryMode(sent);
        expect(readCloudEvent(new Headers(headers), body)).toEqual({
          ...sent,
          datacontenttype: 'application/json',
        });
      }),
    );
  });

  it('reads structured mode', () => {
    fc.assert(
      fc.property(event, (sent) => {
        const headers = new Headers({ 'content-type': 'application/cloudevents+json; charset=utf-8' });
        expect(readCloudEvent(headers, Buffer.from(JSON.stringify(sent)))).toEqual(sent);
      }),
    );
  });

  it('keeps data that is no JSON: text as text, bytes in base64', () => {
    const headers = {
      'ce-specversion': '1.0',
      'ce-id': '1',
      'ce-source': '/s',
      'ce-type': 't',
      'content-type': 'image/png',
    };
    expect(readCloudEvent(new Headers(headers), Uint8Array.of(0xff, 0xd8)).data_base64).toBe('/9g=');
    const plain = { ...headers, 'content-type': 'text/plain' };
    expect(readCloudEvent(new Headers(plain), Buffer.from('é')).data).toBe('é');
  });

  it('reads JSON that a structured event carries in base64', () => {
    const body = {
      specversion: '1.0',
      id: '1',
      source: '/s',
      type: 't',
      data_base64: Buffer.from('{"a":1}').toString('base64'),
    };
    const headers = new Headers({ 'content-type': 'application/cloudevents+json' });
    const read = readCloudEvent(headers, Buffer.from(JSON.stringify(body)));
    expect(read.data).toEqual({ a: 1 });
    expect(read.data_base64).toBeUndefined();
  });

  it('refuses for ever what is no event, whatever it is', () => {
    const headers = fc.dictionary(
      fc.constantFrom('ce-specversion', 'ce-id', 'ce-source', 'ce-type', 'content-type'),
      fc.constantFrom('1.0', '0.3', '', 'application/json', 'application/cloudevents+json', '%zz'),
    );
    fc.assert(
      fc.property(headers, fc.uint8Array({ maxLength: 40 }), (given, body) => {
        try {
          const { specversion, id, source, type } = readCloudEvent(new Headers(given), body);
          expect(specversion).toBe('1.0');
          for (const attribute of [id, source, type]) expect(attribute).toMatch(/./);
        } catch (error) {
          expect(error).toBeInstanceOf(Problem);
          expect(error).toMatchObject({ status: 422, retriable: false });
        }
      }),
      { numRuns: 500 },
    );
  });
});
