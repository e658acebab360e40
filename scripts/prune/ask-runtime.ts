import { setTimeout as sleep } from 'node:timers/promises';
import { markingName } from '../../knative/local/known-databases.ts';
import type { KubeObject } from '../../knative/local/store/types.ts';
import { openKube } from '../kube.ts';
import { isMissing, isResolved, namedBy } from './named-digests.ts';
import type { Namer } from './namer.ts';

const settledWithinMs = 10_000;
/** A Revision's image may have been looked up just before it was put aside: its status tells soon. */
const writtenWithinMs = 1_000;

export interface RuntimeNamer extends Namer {
  /** Of the database that it runs on. */
  mark: string;
}

/** The running platform of a home, by its Kubernetes API; undefined where none answers. */
export const askRuntime = async (home: string): Promise<RuntimeNamer | undefined> => {
  const kube = await openKube(home);
  const namespace = await kube?.get(`/api/v1/namespaces/${markingName}`).catch((error) => {
    kube.close();
    if (error.code !== undefined) return undefined;
    throw error;
  });
  if (!kube || !namespace) return undefined;

  const list = async (path: string): Promise<KubeObject[]> => (await kube.get(path)).items;
  const digests = async () => {
    const began = Date.now();
    for (;;) {
      const revisions = await list('/apis/serving.knative.dev/v1/revisions');
      const open = revisions.filter((revision) => !isResolved(revision));
      const waited = Date.now() - began;
      if (open.length === 0 || (waited > writtenWithinMs && open.every(isMissing)))
        return [...revisions.flatMap(namedBy), ...(await list('/api/v1/pods')).flatMap(runBy)];
      if (waited > settledWithinMs)
        throw new Error(
          `the Revision ${open.find((revision) => !isMissing(revision))?.metadata.name} does not know its image yet: try again when it is ready`,
        );
      await sleep(100);
    }
  };
  return { mark: namespace.metadata.uid, digests, close: async () => kube.close() };
};

/** A pod may outlive its Revision until it has answered what it has in hand. */
const runBy = ({ metadata, status }: KubeObject): string[] =>
  status.containerStatuses.map(({ imageID }: { imageID: string }) => {
    if (imageID === '') throw new Error(`the pod ${metadata.name} does not tell its image`);
    return imageID.split('@').at(-1);
  });
