import { join, posix } from 'node:path';
import type { PodContext, RevisionSpec, Volume } from '../ports.ts';

export interface Place {
  port: number;
  /** The pod's own folders. */
  tmp: string;
  volumes: string;
  cache: string;
  /** The internal listener, `http://127.0.0.1:…`. */
  proxy: string;
}

/**
 * A pod's whole environment: image, then spec, then what Knative and the platform state. Values that are a mount path
 * or lie below one name the local folder instead. Only a program that is not Node gets a `path`.
 */
export const podEnvironment = (
  spec: RevisionSpec,
  imageEnv: Record<string, string>,
  { env, volumes }: PodContext,
  place: Place,
  path: string | undefined,
): Record<string, string> => {
  const stated = { ...imageEnv, ...env };
  const local = Object.entries(stated).map(([name, value]) => [
    name,
    localPath(value, volumes, place.volumes),
  ]);
  return {
    ...(path === undefined ? {} : { PATH: path }),
    ...Object.fromEntries(local),
    PORT: String(place.port),
    HOST: '127.0.0.1',
    K_SERVICE: spec.service,
    K_CONFIGURATION: spec.configuration,
    K_REVISION: spec.name,
    HTTP_PROXY: place.proxy,
    NO_PROXY: noProxy,
    TMPDIR: place.tmp,
    ...(path === undefined
      ? { NODE_USE_ENV_PROXY: '1', NODE_COMPILE_CACHE: place.cache }
      : { http_proxy: place.proxy, no_proxy: noProxy }),
  };
};

const noProxy = '127.0.0.1,localhost';

/** The longest mount path that a value equals or begins with counts. */
const localPath = (value: string, volumes: readonly Volume[], root: string): string => {
  const mount = volumes
    .map(({ mountPath }) => mountPath.replace(/\/+$/, ''))
    .filter((path) => value === path || value.startsWith(`${path}/`))
    .sort((a, b) => b.length - a.length)[0];
  return mount === undefined ? value : mountFolder(root, mount) + value.slice(mount.length);
};

/** Where a mount path lies on this machine: below the pod's own folder, whatever the path says. */
export const mountFolder = (root: string, mountPath: string): string =>
  join(root, posix.normalize(`/${mountPath}`));
