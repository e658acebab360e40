import { badRequest } from '../../store/status-error.ts';

/** What a path means: a resource of a group's version, or something that is no resource. */
export type Target =
  | { type: 'resource'; group: string; version: string; path: ResourcePath }
  | { type: 'other'; path: string };

export interface ResourcePath {
  /** The plural. */
  resource: string;
  namespace?: string;
  name?: string;
  /** `status`, `log`, `proxy/…` */
  subresource?: string;
}

/** `/api/v1/…` and `/apis/GROUP/VERSION/…` that go on after the version are resources. */
export const parseTarget = (path: string): Target => {
  const [, root, ...rest] = path.split('/').map(decode);
  const [group, version, ...segments] = root === 'api' ? ['', ...rest] : rest;
  const isResource = (root === 'api' || root === 'apis') && group !== undefined && version && segments[0];
  if (!isResource) return { type: 'other', path };
  return { type: 'resource', group, version, path: parseResource(segments) };
};

const parseResource = (segments: string[]): ResourcePath => {
  if (segments.at(-1) === '') return parseResource(segments.slice(0, -1));
  const [first = '', second, third, ...rest] = segments;
  const ofNamespace = third !== undefined && !['status', 'finalize'].includes(third);
  const inNamespace = first === 'namespaces' && second && ofNamespace;
  const [resource, name, sub] = inNamespace
    ? [third, rest[0], rest.slice(1)]
    : [first, second, segments.slice(2)];
  return {
    resource,
    ...(inNamespace && { namespace: second }),
    ...(name && { name }),
    ...(sub.length > 0 && { subresource: sub.join('/') }),
  };
};

const decode = (segment: string): string => {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw badRequest(`invalid path segment ${JSON.stringify(segment)}`);
  }
};
