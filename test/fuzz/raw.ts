import * as fc from 'fast-check';
import type { Sent } from './request.ts';

type Edit = (head: string) => string;

const add =
  (...lines: string[]): Edit =>
  (head) =>
    `${head}${lines.join('\r\n')}\r\n`;

/** What no HTTP library sends. The head goes without its empty line at the end. */
const edits: [name: string, edit: Edit][] = [
  ['two lengths', add('content-length: 3', 'content-length: 4')],
  ['a length and chunks', add('transfer-encoding: chunked', 'content-length: 3')],
  ['an unknown coding', add('transfer-encoding: xchunked')],
  ['a length that is none', add('content-length: -1')],
  ['a length beyond all', add('content-length: 99999999999999999999')],
  ['a folded header', add('x-a: b', ' c')],
  ['a header without a colon', add('x-a')],
  ['a space before the colon', add('x-a : b')],
  ['a null in a header', add('x-a: \0')],
  ['no host', (head) => head.replace(/^host:.*\r\n/im, '')],
  ['two hosts', add('host: other')],
  ['a host that is none', (head) => head.replace(/^host:.*$/im, 'host: a b/c?d')],
  ['HTTP/1.0', (head) => head.replace('HTTP/1.1', 'HTTP/1.0')],
  ['HTTP/3.0', (head) => head.replace('HTTP/1.1', 'HTTP/3.0')],
  ['no version', (head) => head.replace(' HTTP/1.1', '')],
  ['an absolute target', (head) => head.replace(/ \//, ' http://other.example/')],
  ['a target of another scheme', (head) => head.replace(/ \//, ' file:///')],
  ['an asterisk', (head) => head.replace(/ \S+ HTTP/, ' * HTTP')],
  ['a target with spaces', (head) => head.replace(/ \//, ' / /')],
  ['a target in bytes', (head) => head.replace(/ \//, ' /\xff\xfe\x80')],
  ['a method in small letters', (head) => head.replace(/^\S+/, (method) => method.toLowerCase())],
  ['a method that is none', (head) => head.replace(/^\S+/, 'G<T')],
  ['CONNECT', (head) => head.replace(/^\S+ \S+/, 'CONNECT other.example:443')],
  ['bare line feeds', (head) => head.replaceAll('\r\n', '\n')],
  ['too many headers', (head) => head + 'x: y\r\n'.repeat(3_000)],
  ['a target too long', (head) => head.replace(/ (\/\S*)/, ` $1?${'x'.repeat(30_000)}`)],
];

/** A request as bytes, with one thing in it that breaks HTTP, or may. */
export interface RawEdit {
  name: string;
  apply(sent: Sent, host: string): Buffer;
}

export const rawEdits: fc.Arbitrary<RawEdit> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(...edits).map(([name, edit]) => ({
      name,
      apply: (sent: Sent, host: string) => bytesOf(edit(headOf(sent, host)), sent),
    })),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.nat(10_000), fc.nat(255)).map(([at, byte]) => ({
      name: `another byte at ${at}: ${byte}`,
      apply: (sent: Sent, host: string) => {
        const bytes = bytesOf(headOf(sent, host), sent);
        bytes[at % bytes.length] = byte;
        return bytes;
      },
    })),
  },
  {
    weight: 1,
    arbitrary: fc.nat(10_000).map((at) => ({
      name: `cut off at ${at}`,
      apply: (sent: Sent, host: string) => {
        const bytes = bytesOf(headOf(sent, host), sent);
        return bytes.subarray(0, at % bytes.length);
      },
    })),
  },
  {
    weight: 1,
    arbitrary: fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => ({
      name: 'any bytes at all',
      apply: () => Buffer.from(bytes),
    })),
  },
);

const headOf = ({ method, path, headers, bytes }: Sent, host: string): string =>
  [
    `${method} ${path} HTTP/1.1`,
    `host: ${host}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(bytes ? [`content-length: ${bytes.length}`] : []),
    '',
  ].join('\r\n');

const bytesOf = (head: string, { bytes }: Sent): Buffer =>
  Buffer.concat([Buffer.from(`${head}\r\n`, 'latin1'), bytes ?? Buffer.alloc(0)]);
