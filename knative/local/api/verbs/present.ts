import { stringify } from 'yaml';
import { apiVersionOf } from '../../store/kinds.ts';
import type { KubeObject } from '../../store/types.ts';
import type { ApiRequest, ApiResponse } from '../http/exchange.ts';
import type { Format } from '../http/negotiate.ts';
import { type IncludeObject, partialOf, tableOf } from '../table/table.ts';
import type { Call } from './call.ts';
import { invalidOption } from './options.ts';
import { redactFor } from './redact.ts';

export interface ListMeta {
  resourceVersion: string;
  continue?: string;
  remainingItemCount?: number;
}

/** One object in the form its caller accepts. */
export const presentObject = (call: Call, object: KubeObject, status = 200): ApiResponse => {
  return encode(status, call.format, formOf(call)(redactFor(call, object)));
};

/** A list in the form its caller accepts. */
export const presentList = (call: Call, objects: readonly KubeObject[], metadata: ListMeta): ApiResponse => {
  const { resource, format } = call;
  const shown = objects.map((object) => redactFor(call, object));
  if (format.as === 'table') {
    const options = { include: includeOf(call.request), now: Date.now() };
    return encode(200, format, tableOf(resource.kind, shown, metadata, options));
  }
  const partial = format.as === 'metadata';
  return encode(200, format, {
    kind: partial ? 'PartialObjectMetadataList' : `${resource.name}List`,
    apiVersion: partial ? 'meta.k8s.io/v1' : apiVersionOf(resource),
    metadata,
    items: partial ? shown.map(partialOf) : shown,
  });
};

/** How an object stands alone in this form: itself, its metadata, or a Table of one row. */
export const formOf = (call: Call): ((object: KubeObject, headers?: boolean) => unknown) => {
  const { as } = call.format;
  if (as === 'objects') return (object) => object;
  if (as === 'metadata') return partialOf;
  const include = includeOf(call.request);
  return (object, headers = true) => {
    const { name, resourceVersion } = object.metadata;
    // A bookmark is of no object.
    const rows = name === undefined ? [] : [object];
    return tableOf(call.resource.kind, rows, { resourceVersion }, { include, headers, now: Date.now() });
  };
};

const includeOf = ({ query }: ApiRequest): IncludeObject => {
  const value = query.get('includeObject') || 'Metadata';
  if (value === 'None' || value === 'Metadata' || value === 'Object') return value;
  throw invalidOption('TableOptions', 'includeObject', value, ['Metadata', 'None', 'Object']);
};

const encode = (status: number, { media }: Format, value: unknown): ApiResponse => ({
  status,
  headers: { 'content-type': `application/${media}` },
  body: media === 'yaml' ? stringify(value, { aliasDuplicateObjects: false }) : JSON.stringify(value),
});
