import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeProtobuf } from './decode.ts';

/** As golang/protobuf writes: a tag and a length or number, one field after another. */
const varint = (value: number | bigint): number[] => {
  const bytes: number[] = [];
  for (let rest = BigInt.asUintN(64, BigInt(value)); ; rest >>= 7n) {
    const byte = Number(rest & 0x7fn);
    if (rest < 0x80n) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
};
const bytes = (number: number, content: Iterable<number>): number[] => {
  const all = [...content];
  return [...varint((number << 3) | 2), ...varint(all.length), ...all];
};
const text = (number: number, value: string) => bytes(number, Buffer.from(value));
const int = (number: number, value: number) => [...varint(number << 3), ...varint(value)];
const pair = (number: number, key: string, value: Iterable<number>) =>
  bytes(number, [...text(1, key), ...bytes(2, value)]);
const envelope = (apiVersion: string, kind: string, raw: number[]) =>
  Buffer.from([
    ...Buffer.from('k8s\0'),
    ...bytes(1, [...text(1, apiVersion), ...text(2, kind)]),
    ...bytes(2, raw),
    ...text(3, ''),
    ...text(4, ''),
  ]);

describe('protobuf of Kubernetes', () => {
  test('a Secret is what JSON would say, empty fields left out', () => {
    const metadata = [
      ...text(1, 's'),
      ...text(2, ''),
      ...text(3, 'kagari'),
      ...text(4, ''),
      ...int(7, 0),
      ...bytes(8, []),
      ...pair(11, 'a', Buffer.from('b')),
      ...pair(11, 'c', []),
      ...bytes(13, [
        ...text(1, 'Service'),
        ...text(3, 'o'),
        ...text(4, 'u'),
        ...text(5, 'v1'),
        ...int(6, 1),
        ...int(7, 0),
      ]),
      ...text(14, 'f'),
    ];
    const body = envelope('v1', 'Secret', [
      ...bytes(1, metadata),
      ...pair(2, 'key', Buffer.from([0, 255])),
      ...text(3, 'Opaque'),
      ...pair(4, 'plain', Buffer.from('ü')),
      ...int(5, 1),
    ]);
    expect(decodeProtobuf(body)).toEqual({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: 's',
        namespace: 'kagari',
        labels: { a: 'b', c: '' },
        ownerReferences: [
          {
            kind: 'Service',
            name: 'o',
            uid: 'u',
            apiVersion: 'v1',
            controller: true,
            blockOwnerDeletion: false,
          },
        ],
        finalizers: ['f'],
      },
      data: { key: 'AP8=' },
      type: 'Opaque',
      stringData: { plain: 'ü' },
      immutable: true,
    });
  });

  test('a grace period of 0 seconds is said, times are RFC 3339', () => {
    const options = envelope('v1', 'DeleteOptions', [
      ...int(1, 0),
      ...bytes(2, text(1, 'uid')),
      ...text(5, 'All'),
    ]);
    expect(decodeProtobuf(options)).toMatchObject({
      gracePeriodSeconds: 0,
      preconditions: { uid: 'uid' },
      dryRun: ['All'],
    });
    const namespace = envelope(
      'v1',
      'Namespace',
      bytes(1, [...text(1, 'n'), ...bytes(8, int(1, 1_700_000_000))]),
    );
    expect(decodeProtobuf(namespace)).toMatchObject({
      metadata: { creationTimestamp: '2023-11-14T22:13:20Z' },
    });
  });

  test('a ConfigMap of any keys and values comes through, with fields between that nobody knows', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), (data) => {
        const entries = Object.entries(data);
        const unknown = [...text(99, 'x'), ...int(98, 5)];
        const raw = [
          ...bytes(1, text(1, 'c')),
          ...unknown,
          ...entries.flatMap(([k, v]) => pair(2, k, Buffer.from(v))),
        ];
        const decoded = decodeProtobuf(envelope('v1', 'ConfigMap', raw));
        expect(Object.entries((decoded.data ?? {}) as object)).toEqual(entries);
      }),
    );
  });

  test('whatever else comes ends in a SyntaxError or TypeError, never hangs', () => {
    const whole = envelope('v1', 'ConfigMap', [...bytes(1, text(1, 'c')), ...pair(2, 'k', Buffer.from('v'))]);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (at, byte, length) => {
        const broken = Buffer.from(whole.subarray(0, length));
        if (at < length) broken[at] = byte;
        try {
          decodeProtobuf(broken);
        } catch (error) {
          expect(error instanceof SyntaxError || error instanceof TypeError).toBe(true);
        }
      }),
    );
  });

  test('of another kind is refused by name', () => {
    expect(() => decodeProtobuf(envelope('v1', 'Service', []))).toThrow(
      'protobuf of kind "Service" is not read here',
    );
    expect(() => decodeProtobuf(Buffer.from('{}'))).toThrow(SyntaxError);
  });
});
