import { type GroupVersion, groupVersions, type Resource } from './resources.ts';

/** GET /version: the Kubernetes release whose API this is a part of. */
export const versionInfo = {
  major: '1',
  minor: '35',
  gitVersion: 'v1.35.0+kagari',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: 'node',
  platform: `${process.platform}/${process.arch}`,
};

/** GET /api */
export const coreVersions = { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };

/** GET /apis */
export const groupList = () => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: [...new Set(groupVersions.map(({ group }) => group))].flatMap((group) => groupOf(group) ?? []),
});

/** GET /apis/GROUP; undefined: no such group. */
export const groupOf = (name: string) => {
  const versions = groupVersions
    .filter(({ group }) => group === name && name !== '')
    .map(({ apiVersion, version }) => ({ groupVersion: apiVersion, version }));
  if (versions.length === 0) return undefined;
  return { kind: 'APIGroup', apiVersion: 'v1', name, versions, preferredVersion: versions[0] };
};

/** GET /api/v1 and /apis/GROUP/VERSION; undefined: no such version. */
export const resourceList = (apiVersion: string) => {
  const found = groupVersions.find((one) => one.apiVersion === apiVersion);
  return (
    found && {
      kind: 'APIResourceList',
      apiVersion: 'v1',
      groupVersion: apiVersion,
      resources: resourcesOf(found),
    }
  );
};

const resourcesOf = ({ resources }: GroupVersion) =>
  resources.flatMap((resource) => [
    {
      name: resource.plural,
      singularName: resource.singular,
      namespaced: resource.namespaced,
      kind: resource.name,
      verbs: resource.verbs,
      ...(resource.shortNames.length > 0 && { shortNames: resource.shortNames }),
      ...(resource.categories.length > 0 && { categories: resource.categories }),
    },
    ...subresourcesOf(resource),
  ]);

const subresourcesOf = ({ plural, name, namespaced, status, subresources }: Resource) =>
  [
    ...(status ? [{ sub: 'status', verbs: ['get', 'patch', 'update'] }] : []),
    ...subresources.map((sub) => ({ sub, verbs: ['get'] })),
  ].map(({ sub, verbs }) => ({ name: `${plural}/${sub}`, singularName: '', namespaced, kind: name, verbs }));
