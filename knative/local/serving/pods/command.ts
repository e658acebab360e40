import { isAbsolute, join } from 'node:path';
import type { Image } from '../../images/image.ts';
import type { RevisionSpec } from '../ports.ts';

export interface Command {
  file: string;
  args: string[];
  /** Node under its permission model; any other program gets a PATH. */
  isNode: boolean;
}

/**
 * What starts a pod: the image's entrypoint or the spec's command, then the spec's args. `node` is the runtime's own
 * Node, which may read the image, its volumes, the cache and TMPDIR, and write the last two; anything else runs as it is.
 */
export const podCommand = (
  spec: RevisionSpec,
  image: Image,
  place: { tmp: string; volumes: string; cache: string },
): Command => {
  const [program = '', ...args] = [...(spec.command ?? image.config.entrypoint), ...(spec.args ?? [])];
  if (program !== 'node') {
    const own = program.includes('/') && !isAbsolute(program);
    return { file: own ? join(image.folder, program) : program, args, isNode: false };
  }
  const { tmp, volumes, cache } = place;
  return {
    file: process.execPath,
    args: [
      '--permission',
      ...[image.folder, volumes, cache, tmp].map((folder) => `--allow-fs-read=${folder}`),
      ...[cache, tmp].map((folder) => `--allow-fs-write=${folder}`),
      ...args,
    ],
    isNode: true,
  };
};
