import type { KubeObject } from '../../knative/local/store/types.ts';
import { isUnderWay, readRecord } from '../rollout/record.ts';
import { currentTraffic } from '../rollout/traffic.ts';
import type { Registry } from './registry.ts';

/** What the cluster runs. */
export interface Running {
  services: readonly KubeObject[];
  revisions: readonly KubeObject[];
}

export interface Offer {
  functions: readonly string[];
  registry: Pick<Registry, 'digestOf'>;
  /** The image of a function in this release. */
  imageOf(name: string): string;
}

export interface ChangedFunction {
  name: string;
  image: string;
}

/**
 * The functions of which a release has another image than the revision that gets the traffic. The digest decides: equal
 * content under another commit's tag is no change. The Service's template says nothing: after a roll back it keeps the
 * candidate. Throws where a rollout is under way.
 */
export const changedFunctions = async (
  { services, revisions }: Running,
  { functions, registry, imageOf }: Offer,
): Promise<ChangedFunction[]> => {
  const standing = functions.flatMap((name) => services.find(({ metadata }) => metadata.name === name) ?? []);
  const looked = await Promise.all(
    standing.map(async (service) => {
      const { name } = service.metadata;
      const image = imageOf(name);
      refuseUnderWay(service);
      const { stable } = currentTraffic(service);
      const revision = revisions.find(({ metadata }) => metadata.name === stable);
      return { name, image, changed: runningDigest(revision) !== (await registry.digestOf(image)) };
    }),
  );
  return looked.filter(({ changed }) => changed).map(({ name, image }) => ({ name, image }));
};

/** As Knative resolved it when the revision was made; where it resolves none, every image is another. */
const runningDigest = (revision: KubeObject | undefined): string | undefined =>
  revision?.status?.containerStatuses?.[0]?.imageDigest?.split('@')[1];

const refuseUnderWay = (service: KubeObject): void => {
  const record = readRecord(service);
  if (record && isUnderWay(record))
    throw new Error(
      `a rollout of ${service.metadata.name} to ${record.image} is under way: kagari rollout resume, or abort, ends it first`,
    );
};
