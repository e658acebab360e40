import { NotAnEvent } from './event.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });
const plain = /^[\x21\x23\x24\x26-\x7e]*$/;

/** CloudEvents' HTTP binding 1.0.2, section 3.1.3.2: an attribute as a header's value. */
export const encodeHeaderValue = (value: string): string =>
  plain.test(value)
    ? value
    : Array.from(Buffer.from(value, 'utf8'), (byte) => {
        const char = String.fromCharCode(byte);
        return plain.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
      }).join('');

/** The way back; node:http hands over one character a byte, and senders that do not encode send UTF-8. Throws NotAnEvent. */
export const decodeHeaderValue = (name: string, header: string): string => {
  const value = /^"(?:[^"\\]|\\.)*"$/s.test(header) ? header.slice(1, -1).replace(/\\(.)/gs, '$1') : header;
  if (plain.test(value)) return value;
  const decoded = value.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  try {
    return utf8.decode(Buffer.from(decoded, 'latin1'));
  } catch {
    throw new NotAnEvent(`the header ${name} is not UTF-8`);
  }
};
