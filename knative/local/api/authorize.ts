import { StatusError } from '../store/status-error.ts';
import { fullName, type Resource, type Verb } from './catalogue/resources.ts';
import type { ResourcePath } from './http/request-info.ts';
import type { User } from './identity/tokens.ts';

const readingVerbs: readonly Verb[] = ['get', 'list', 'watch'];

/** Throws Forbidden where this user may not: admin may everything, the console reads. */
export const authorize = (
  user: User,
  verb: Verb,
  resource: Resource,
  { namespace, name, subresource }: ResourcePath,
) => {
  if (user === 'admin' || readingVerbs.includes(verb)) return;
  const { group, plural } = resource;
  const where = namespace ? `in the namespace "${namespace}"` : 'at the cluster scope';
  const what = `${fullName(resource)}${name ? ` "${name}"` : ''}`;
  throw new StatusError(
    'Forbidden',
    `${what} is forbidden: User "${user}" cannot ${verb} resource "${plural}${subresource ? `/${subresource}` : ''}" in API group "${group}" ${where}`,
    { ...(name && { name }), ...(group && { group }), kind: plural },
  );
};
