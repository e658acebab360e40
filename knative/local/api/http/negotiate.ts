import { StatusError } from '../../store/status-error.ts';

/** How an answer is wanted. */
export interface Format {
  as: 'objects' | 'table' | 'metadata';
  media: 'json' | 'yaml';
}

/** The first form an Accept header names that the API has; throws NotAcceptable where there is none. */
export const negotiate = (accept: string | undefined): Format => {
  for (const range of (accept || '*/*').split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const media = mediaOf(type);
    const as = formOf(new Map(parameters.map((parameter) => split(parameter))));
    if (media && as) return { as, media };
  }
  throw new StatusError(
    'NotAcceptable',
    'only the following media types are accepted: application/json, application/yaml',
  );
};

const mediaOf = (type: string): Format['media'] | undefined => {
  if (type === 'application/yaml') return 'yaml';
  return ['application/json', 'application/*', '*/*'].includes(type) ? 'json' : undefined;
};

const formOf = (parameters: Map<string, string>): Format['as'] | undefined => {
  const as = parameters.get('as');
  if (as === undefined) return 'objects';
  if (parameters.get('g') !== 'meta.k8s.io') return undefined;
  if (as === 'table') return 'table';
  return as.startsWith('partialobjectmetadata') ? 'metadata' : undefined;
};

const split = (parameter: string): [string, string] => {
  const [name = '', value = ''] = parameter.split('=', 2);
  return [name, value];
};
