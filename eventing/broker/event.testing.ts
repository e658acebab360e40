import fc from 'fast-check';
import type { CloudEvent } from './event.ts';

/** Any text an attribute may have. */
export const attributeText = fc
  .string({ unit: 'binary', minLength: 1 })
  .filter((text) => !/[\p{Cc}\p{Noncharacter_Code_Point}]/u.test(text) && !/^".*"$/s.test(text));

const extensions = fc.dictionary(
  fc
    .stringMatching(/^[a-z0-9]{1,20}$/)
    .filter(
      (name) =>
        ![
          'data',
          'specversion',
          'id',
          'source',
          'type',
          'subject',
          'time',
          'dataschema',
          'datacontenttype',
        ].includes(name),
    ),
  attributeText,
  { maxKeys: 5, noNullPrototype: true },
);

/** Any valid event. */
export const anyEvent: fc.Arbitrary<CloudEvent> = fc
  .record({
    extensions,
    core: fc.record(
      {
        specversion: fc.constant('1.0'),
        id: attributeText,
        source: fc.webPath().map((path) => path || '/'),
        type: attributeText,
        subject: attributeText,
        time: fc
          .date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
          .map((date) => date.toISOString()),
        datacontenttype: fc.constantFrom(
          'application/json',
          'text/plain; charset=utf-8',
          'multipart/x; boundary="a b"',
        ),
        partitionkey: attributeText,
      },
      { requiredKeys: ['specversion', 'id', 'source', 'type'] },
    ),
    data: fc.uint8Array(),
  })
  .map(({ extensions, core, data }) => ({
    attributes: new Map(Object.entries({ ...extensions, ...core } as Record<string, string>)),
    data,
  }));
