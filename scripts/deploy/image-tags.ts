import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildClusterImages } from '../../knative/local/build-images.ts';
import { createImageStore } from '../../knative/local/images/store.ts';

/**
 * The tag of each image that the Dockerfile makes: its content and the Dockerfile's, so that equal code makes no new
 * revision. The bundles are made in a folder of their own: the images of a home, and what they are called, stay as they are.
 */
export const contentTags = async (root: string): Promise<Map<string, string>> => {
  const home = await mkdtemp(join(tmpdir(), 'kagari-deploy-'));
  try {
    const [dockerfile, built] = await Promise.all([
      readFile(join(root, 'Dockerfile')),
      buildClusterImages({ root, home, images: createImageStore(home) }),
    ]);
    return new Map(
      built.map(({ name, digest }) => [
        name,
        createHash('sha256').update(dockerfile).update(digest).digest('hex').slice(0, 12),
      ]),
    );
  } finally {
    await rm(home, { recursive: true, force: true });
  }
};
