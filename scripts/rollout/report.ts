import type { KubeObject } from '../../knative/local/store/types.ts';
import type { Ending } from './drive.ts';
import type { Cluster } from './ports.ts';
import { isUnderWay, readRecord } from './record.ts';
import { sayTraffic } from './traffic.ts';

export interface Report {
  cluster: Cluster;
  name: string;
  ending: Ending;
  seconds: number;
  json: boolean;
}

/** What has become of a rollout, with its figures. */
export const report = async ({ cluster, name, ending, seconds, json }: Report): Promise<void> => {
  const service = await cluster.service(name).catch(() => undefined);
  if (json) {
    const object = {
      service: name,
      ...ending,
      seconds: Number(seconds.toFixed(1)),
      ...(service && standing(service)),
    };
    console.log(JSON.stringify(object));
    return;
  }
  console.log(`${ending.outcome} after ${seconds.toFixed(1)} s: ${ending.reasons.join('; ')}`);
  if (service) console.log(`traffic: ${sayTraffic(service.status?.traffic)}`);
  if (ending.outcome === 'held')
    console.log(`nothing moves by itself: kagari rollout resume ${name}, or abort ${name}`);
};

export const reportStatus = (name: string, service: KubeObject, json: boolean): void => {
  if (json) console.log(JSON.stringify({ service: name, ...standing(service) }));
  else for (const line of statusLines(name, service)) console.log(line);
};

const statusLines = (name: string, service: KubeObject): string[] => {
  const traffic = `traffic: ${sayTraffic(service.status?.traffic)}`;
  const record = readRecord(service);
  if (!record) return [`${name}: no rollout yet`, traffic];
  const { phase, towards, paused, holder, step, settings, image, reasons } = record;
  const where =
    phase === 'shifting'
      ? `at ${settings.steps[step]}%, step ${step + 1} of ${settings.steps.length}`
      : phase === 'returning'
        ? `${towards}, its Triggers get back what they were`
        : phase;
  const state = isUnderWay(record) ? (paused ? ', paused' : holder ? ', driven' : ', held') : '';
  const because = reasons.length > 0 ? [`because: ${reasons.join('; ')}`] : [];
  return [`${name}: ${image} ${where}${state}`, ...because, traffic];
};

const standing = (service: KubeObject) => {
  const record = readRecord(service);
  const traffic = service.status?.traffic ?? [];
  if (!record) return { phase: null, traffic };
  const {
    phase,
    paused,
    image,
    previousImage,
    stable,
    candidate = null,
    step,
    settings,
    reasons,
    holder,
  } = record;
  const percent = phase === 'shifting' ? settings.steps[step] : phase === 'promoted' ? 100 : 0;
  return {
    phase,
    paused,
    driven: Boolean(holder),
    image,
    previousImage,
    stable,
    candidate,
    percent,
    reasons,
    traffic,
  };
};
