/**
 * Arrays as parameters and results, by their types' numbers in pg_type. postgres.js would ask the server for them on
 * every new connection, and does not have the answer yet when it sends the first statement.
 */
const codec = <T>(type: number, write: (item: T) => string, read: (text: string) => T) => ({
  to: type,
  from: [type],
  // A statement that is sent again has its parameters written already.
  serialize: (list: readonly (T | null)[] | string): string =>
    typeof list === 'string'
      ? list
      : `{${list.map((item) => (item === null ? 'null' : write(item))).join(',')}}`,
  parse: (text: string): (T | null)[] =>
    text === '{}'
      ? []
      : text
          .slice(1, -1)
          .split(',')
          .map((item) => (item === 'NULL' ? null : read(item))),
});

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

const unread = (): never => {
  throw new Error('statements of the log answer arrays of numbers only');
};

export const arrays = {
  bytea: codec<Uint8Array>(1001, (bytes) => `"\\\\x${toHex(bytes)}"`, unread),
  int4: codec<number>(1007, String, Number),
  text: codec<string>(1009, quoted, unread),
  int8: codec<bigint>(1016, String, BigInt),
};

const toHex = ({ buffer, byteOffset, byteLength }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('hex');
