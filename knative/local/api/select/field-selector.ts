import { badRequest } from '../../store/status-error.ts';
import type { KubeObject } from '../../store/types.ts';

export type FieldMatch = (object: KubeObject) => boolean;

/** The fields an object of a kind can be selected by: `involvedObject.name` to how to read it. */
export type SelectableFields = Record<string, (object: KubeObject) => string | undefined>;

export const metadataFields: SelectableFields = {
  'metadata.name': (object) => object.metadata.name,
  'metadata.namespace': (object) => object.metadata.namespace,
};

/** A fieldSelector as in a query (`metadata.name=a,type!=Normal`); throws BadRequest for other fields than these. */
export const parseFieldSelector = (text: string, fields: SelectableFields): FieldMatch => {
  const matches = split(text).map((term) => {
    const parts = /^((?:\\.|[^\\=!])*?)(==|=|!=)((?:\\.|[^\\=,])*)$/.exec(term);
    if (!parts) throw badRequest(`invalid selector: '${term}'; can't understand '${term}'`);
    const [, path = '', operator, escaped = ''] = parts;
    const wanted = escaped.replace(/\\(.)/g, '$1');
    if (!Object.hasOwn(fields, path)) throw badRequest(`field label not supported: ${path}`);
    const read = fields[path];
    return (object: KubeObject) => ((read?.(object) ?? '') === wanted) === (operator !== '!=');
  });
  return (object) => matches.every((match) => match(object));
};

const split = (text: string): string[] => (text === '' ? [] : (text.match(/(?:\\.|[^\\,])+/g) ?? []));

/** The one name a selector asks for, so that a list of one object need not look at all. */
export const onlyName = (text: string): string | undefined =>
  /(?:^|,)metadata\.name==?([^,\\]+)(?:,|$)/.exec(text)?.[1];
