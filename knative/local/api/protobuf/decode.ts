import { type Json, type JsonObject, objectOf } from '../patch/json.ts';
import { type FieldType, type Message, messages } from './messages.ts';
import { readFields, type WireField } from './wire.ts';

const magic = 'k8s\0';

/** An object in Kubernetes' protobuf envelope, as JSON has it; throws SyntaxError where it is none, or of another kind. */
export const decodeProtobuf = (body: Uint8Array): JsonObject => {
  if (text(body.subarray(0, 4)) !== magic)
    throw new SyntaxError('the body does not begin as Kubernetes writes protobuf');
  const envelope = readFields(body.subarray(4));
  const [typeMeta, raw] = [bytesOf(envelope, 1), bytesOf(envelope, 2)];
  const [apiVersion, kind] = [1, 2].map((number) => text(bytesOf(readFields(typeMeta), number)));
  const message = messages[kind ?? ''];
  if (!message) throw new SyntaxError(`protobuf of kind ${JSON.stringify(kind)} is not read here: send JSON`);
  return { apiVersion: apiVersion ?? '', kind: kind ?? '', ...messageOf(message, raw) };
};

const messageOf = (message: Message, bytes: Uint8Array): JsonObject => {
  const found = new Map<string, Json>();
  for (const field of readFields(bytes)) {
    const [name, type] = message[field.number] ?? [];
    if (name === undefined || type === undefined) continue;
    const value = added(type, field, found.get(name));
    if (value !== undefined) found.set(name, value);
  }
  return objectOf(found);
};

/** What a field adds to what stands; undefined where it says nothing. */
const added = (type: FieldType, { value }: WireField, standing: Json | undefined): Json | undefined => {
  if (typeof value === 'bigint') {
    if (type === 'bool') return value !== 0n;
    if (type === 'stated' || (type === 'int' && value !== 0n)) return Number(value);
    return undefined;
  }
  if (typeof type === 'object')
    return 'one' in type ? messageOf(type.one, value) : [...listOf(standing), messageOf(type.many, value)];
  switch (type) {
    case 'string':
      return text(value) || undefined;
    case 'strings':
      return [...listOf(standing), text(value)];
    case 'map':
    case 'bytesMap': {
      const entry = readFields(value);
      const content = bytesOf(entry, 2);
      const shown = type === 'map' ? text(content) : Buffer.from(content).toString('base64');
      return objectOf([...Object.entries((standing ?? {}) as JsonObject), [text(bytesOf(entry, 1)), shown]]);
    }
    case 'time': {
      const seconds = readFields(value).find(({ number }) => number === 1)?.value;
      return typeof seconds === 'bigint'
        ? `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}Z`
        : undefined;
    }
    default:
      return undefined;
  }
};

const listOf = (standing: Json | undefined): Json[] => (Array.isArray(standing) ? standing : []);

const bytesOf = (fields: readonly WireField[], number: number): Uint8Array => {
  const value = fields.findLast((field) => field.number === number)?.value;
  return value instanceof Uint8Array ? value : new Uint8Array();
};

const text = (bytes: Uint8Array): string => new TextDecoder('utf-8', { fatal: true }).decode(bytes);
