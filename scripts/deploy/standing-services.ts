import type { KubeObject, NewObject } from '../../knative/local/store/types.ts';
import { containersOf, isService } from './overlay.ts';

/** A Service whose image stays, because a rollout owns it. */
export interface KeptImage {
  service: string;
  standing: string;
  offered: string;
}

const attempt = 'kagari.dev/deploy-attempt';

/**
 * The overlay's Services beside those that stand: one that was ready once keeps its image, which a rollout owns; one that
 * never was takes the new one. Where the newest revision failed the next is a new one, since Knative gives a failed one up.
 */
export const keepStanding = (
  objects: readonly NewObject[],
  standing: readonly KubeObject[],
  now: string,
): { objects: NewObject[]; kept: KeptImage[] } => {
  const kept: KeptImage[] = [];
  const merged = objects.map((object) => {
    const stands =
      isService(object) && standing.find(({ metadata }) => metadata.name === object.metadata.name);
    const [mine] = containersOf(object);
    const [theirs] = stands ? containersOf(stands) : [];
    if (!stands || !mine || !theirs) return object;
    const copy = structuredClone(object);
    const marked = stands.spec.template.metadata?.annotations?.[attempt];
    const mark = hasFailed(stands) ? now : marked;
    if (mark) {
      copy.spec.template.metadata = {
        ...copy.spec.template.metadata,
        annotations: { ...copy.spec.template.metadata?.annotations, [attempt]: mark },
      };
    }
    if (wasReady(stands) && theirs.image !== mine.image) {
      kept.push({ service: object.metadata.name, standing: theirs.image, offered: mine.image });
      const [container] = containersOf(copy);
      if (container) container.image = theirs.image;
    }
    return copy;
  });
  return { objects: merged, kept };
};

/** Whether a revision of it was ever ready. */
export const wasReady = (service: KubeObject): boolean => Boolean(service.status?.latestReadyRevisionName);

/** Whether its newest revision was given up before it ever was ready. */
const hasFailed = (service: KubeObject): boolean =>
  (!wasReady(service) ||
    service.status.latestCreatedRevisionName !== service.status.latestReadyRevisionName) &&
  service.status?.conditions?.some(
    ({ type, status }: { type: string; status: string }) =>
      type === 'ConfigurationsReady' && status === 'False',
  ) === true;
