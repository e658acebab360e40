import { randomUUID } from 'node:crypto';
import type { KubeObject } from '../store/types.ts';

export const pingType = 'dev.knative.sources.ping';

/** The `source` of a PingSource's events. */
export const pingSourceOf = ({ metadata }: KubeObject): string =>
  `/apis/v1/namespaces/${metadata.namespace}/pingsources/${metadata.name}`;

/** One event of a PingSource in CloudEvents' binary mode: spec.data as it stands, ceOverrides as its extensions. */
export const pingEvent = (
  source: KubeObject,
  time: Date,
): { id: string; headers: Record<string, string>; body: Buffer } => {
  const { data, dataBase64, contentType, ceOverrides } = source.spec;
  const id = randomUUID();
  const body = dataBase64 ? Buffer.from(dataBase64, 'base64') : Buffer.from(data ?? '');
  const extensions = Object.entries<string>(ceOverrides?.extensions ?? {});
  const headers = {
    ...Object.fromEntries(
      extensions.map(([name, value]) => [`ce-${name.toLowerCase()}`, percentEncoded(value)]),
    ),
    'ce-specversion': '1.0',
    'ce-id': id,
    'ce-type': pingType,
    'ce-source': percentEncoded(pingSourceOf(source)),
    'ce-time': time.toISOString(),
    ...(contentType && body.length > 0 && { 'content-type': contentType }),
  };
  return { id, headers, body };
};

/** CloudEvents HTTP binding 1.0.2, section 3.1.3.2. */
const percentEncoded = (value: string): string =>
  value.replace(/[^\x21-\x7e]|["%]/gu, (character) =>
    [...Buffer.from(character)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  );
