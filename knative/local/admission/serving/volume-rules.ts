import { posix } from 'node:path';
import { type Flaw, flawed, invalidValue, missing, noneOf, severalOf, via } from '../flaw.ts';
import { dns1123Label } from '../names.ts';
import type { Container, Volume } from './pod-schema.ts';

const reservedPaths = new Set(['/', '/dev', '/dev/log']);

/** serving's validateVolumeMounts. */
export const mountFlaws = (mounts: NonNullable<Container['volumeMounts']>, volumes: Volume[]): Flaw[] => {
  const paths = mounts.map(({ mountPath }) => cleanPath(mountPath));
  return mounts.flatMap(({ name, mountPath, readOnly }, index) => {
    const volume = volumes.find((volume) => volume.name === name);
    const path = paths[index];
    const taken = path !== undefined && paths.indexOf(path) < index;
    return via(
      [index],
      [
        ...(volume ? [] : [flawed('volumeMount has no matching volume', ['name'])]),
        ...mountPathFlaws(mountPath, path, taken),
        ...(volume?.emptyDir || readOnly
          ? []
          : [flawed('volume mount should be readOnly for this type of volume', ['readOnly'])]),
        ...(volume?.emptyDir && path !== '/tmp'
          ? [
              flawed("an emptyDir is served at /tmp only, where it is the pod's private TMPDIR", [
                'mountPath',
              ]),
            ]
          : []),
      ],
    );
  });
};

const cleanPath = (path: string | undefined): string | undefined =>
  path && posix.normalize(path).replace(/(.)\/$/, '$1');

const mountPathFlaws = (given: string | undefined, path: string | undefined, taken: boolean): Flaw[] => {
  if (!path) return [missing(['mountPath'])];
  if (reservedPaths.has(path)) return [flawed(`mountPath "${path}" is a reserved path`, ['mountPath'])];
  if (!posix.isAbsolute(path)) return [invalidValue(given, ['mountPath'])];
  return taken ? [invalidValue(`"${given}" must be unique`, ['mountPath'])] : [];
};

/** serving.ValidateVolumes. */
export const volumeFlaws = (volumes: Volume[], container: Container | undefined): Flaw[] => {
  const mounted = new Set(container?.volumeMounts?.map((mount) => mount.name));
  return volumes.flatMap((volume, index) => {
    const { name = '', secret, configMap, projected, emptyDir } = volume;
    const sources = Object.entries({ secret, configMap, projected, emptyDir }).flatMap(([kind, source]) =>
      source ? [kind] : [],
    );
    const duplicate = volumes.findIndex((other) => other.name === name) < index;
    return via(
      [index],
      [
        ...(name
          ? dns1123Label(name)
              .slice(0, 1)
              .map(() => invalidValue(name, ['name']))
          : [missing(['name'])]),
        ...(duplicate ? [flawed(`duplicate volume name "${name}"`, ['name'])] : []),
        ...(name && !mounted.has(name) ? [flawed(`volume with name "${name}" not mounted`, ['name'])] : []),
        ...(sources.length === 0 ? [noneOf(['secret'], ['configMap'], ['projected'], ['emptyDir'])] : []),
        ...(sources.length > 1 ? [severalOf(...sources.map((source) => [source]))] : []),
        ...(secret && !secret.secretName ? [missing(['secret', 'secretName'])] : []),
        ...(configMap && !configMap.name ? [missing(['configMap', 'name'])] : []),
        ...itemFlaws(['secret'], secret?.items),
        ...itemFlaws(['configMap'], configMap?.items),
        ...(projected?.sources ?? []).flatMap((source, at) =>
          via(['projected', 'sources', at], projectionFlaws(source)),
        ),
      ],
    );
  });
};

type Projection = NonNullable<NonNullable<Volume['projected']>['sources']>[number];

const projectionFlaws = ({ secret, configMap }: Projection): Flaw[] => {
  if (secret && configMap) return [severalOf(['secret'], ['configMap'])];
  const [field, source] = secret ? ['secret', secret] : ['configMap', configMap];
  if (!source) return [noneOf(['secret'], ['configMap'])];
  return [
    ...(source.name ? [] : [missing([field as string, 'name'])]),
    ...itemFlaws([field as string], source.items),
  ];
};

const itemFlaws = (path: string[], items: { path: string }[] = []): Flaw[] =>
  items.flatMap(({ path: file }, index) =>
    posix.isAbsolute(file) || file.split('/').includes('..')
      ? [invalidValue(file, [...path, 'items', index, 'path'], "must be a relative path without '..'")]
      : [],
  );
