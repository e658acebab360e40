import type { KubeObject } from '../../knative/local/store/types.ts';
import {
  annotation,
  fingerprint,
  type Outcome,
  type RolloutRecord,
  type Settings,
  withRecord,
} from './record.ts';
import { currentTraffic, sameTraffic, sayTraffic, trafficOf } from './traffic.ts';

const initialScale = 'autoscaling.knative.dev/initial-scale';

export interface Beginning {
  id: string;
  image: string;
  settings: Settings;
  /** Pods of the stable revision: a blue-green candidate is as many before it gets anything. */
  stableScale: number;
  /** The template may have another one: that of a candidate which was rolled back. */
  stableImage: string;
}

/** The Service with the candidate's template and today's traffic pinned; throws where no rollout can start from it. */
export const begun = (
  service: KubeObject,
  { id, image, settings, stableScale, stableImage }: Beginning,
): KubeObject => {
  const { name } = service.metadata;
  const [container, ...more] = service.spec.template.spec.containers;
  if (more.length > 0)
    throw new Error(`${name} has ${more.length + 1} containers: a rollout changes the image of one`);
  const { stable, tags } = currentTraffic(service);
  const scale =
    settings.strategy === 'blue-green' && stableScale > 1 ? { [initialScale]: String(stableScale) } : {};
  const { name: _, ...metadata } = service.spec.template.metadata ?? {};
  const template = {
    ...service.spec.template,
    metadata: { ...metadata, annotations: { ...metadata.annotations, ...scale, [annotation]: id } },
    spec: { ...service.spec.template.spec, containers: [{ ...container, image }] },
  };
  return moved(
    { ...service, spec: { ...service.spec, template } },
    {
      id,
      image,
      previousImage: stableImage,
      stable,
      tags,
      phase: 'checking',
      step: 0,
      paused: false,
      template: fingerprint(template),
      evidence: { ratio: 0, broken: 0, requests: 0, errors: 0 },
      reasons: [],
      settings,
    },
  );
};

/** The Service at another point of its rollout: record and traffic in one object, which is one write. */
export const moved = (service: KubeObject, next: RolloutRecord): KubeObject =>
  withRecord({ ...service, spec: { ...service.spec, traffic: trafficOf(next) } }, next);

/** The Service at its rollout's end; traffic that somebody else has set stays when it is aborted. */
export const ended = (
  service: KubeObject,
  { holder: _, ...record }: RolloutRecord,
  phase: Outcome,
  reasons: string[],
): KubeObject => {
  const { towards: __, ...next } = { ...record, phase, reasons };
  const isOurs = sameTraffic(service.spec.traffic, trafficOf(record));
  return isOurs || phase !== 'aborted' ? moved(service, next) : withRecord(service, next);
};

/** What somebody else has changed since the rollout's last write; undefined: nothing. */
export const changedByOthers = (service: KubeObject, record: RolloutRecord): string | undefined => {
  const { template, traffic } = service.spec;
  const changes: string[] = [];
  if (fingerprint(template) !== record.template) {
    const image = template.spec.containers[0]?.image;
    changes.push(
      image === record.image
        ? 'its template was changed'
        : `its image is ${image} in place of ${record.image}`,
    );
  }
  const expected = trafficOf(record);
  if (!sameTraffic(traffic, expected))
    changes.push(`its traffic is ${sayTraffic(traffic)} in place of ${sayTraffic(expected)}`);
  if (service.metadata.deletionTimestamp) changes.push('it is being deleted');
  return changes.length > 0 ? changes.join('; ') : undefined;
};
