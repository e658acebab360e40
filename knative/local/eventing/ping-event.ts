import { randomUUID } from 'node:crypto';
import type { CloudEvent } from '../../../eventing/broker/event.ts';
import { asExtensions } from '../../../eventing/broker/extensions.ts';
import type { KubeObject } from '../store/types.ts';

export const pingType = 'dev.knative.sources.ping';

/** The `source` of a PingSource's events. */
export const pingSourceOf = ({ metadata }: KubeObject): string =>
  `/apis/v1/namespaces/${metadata.namespace}/pingsources/${metadata.name}`;

/** One event of a PingSource: spec.data as it stands, ceOverrides as its extensions. */
export const pingEvent = (source: KubeObject, time: Date): CloudEvent => {
  const { data = '', dataBase64, contentType, ceOverrides } = source.spec;
  const body = dataBase64 ? Buffer.from(dataBase64, 'base64') : Buffer.from(data);
  const attributes: Record<string, string> = {
    ...asExtensions(ceOverrides?.extensions),
    specversion: '1.0',
    id: randomUUID(),
    type: pingType,
    source: pingSourceOf(source),
    time: time.toISOString(),
    ...(contentType && body.length > 0 && { datacontenttype: contentType }),
  };
  return { attributes: new Map(Object.entries(attributes)), data: body };
};
