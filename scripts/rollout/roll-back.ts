import type { KubeObject } from '../../knative/local/store/types.ts';
import { ConflictError } from '../kube.ts';
import { processClock } from './clock.ts';
import type { RollbackOptions } from './options.ts';
import { openPlace } from './place.ts';
import type { Cluster } from './ports.ts';
import { isUnderWay, readRecord, withRecord } from './record.ts';
import { settle } from './settle.ts';
import { candidateTag, sayTraffic, type TrafficTarget } from './traffic.ts';

const tries = 20;

export const runRollback = async (
  { name, to, json, place }: RollbackOptions,
  env: NodeJS.ProcessEnv,
): Promise<void> => {
  const { cluster } = await openPlace(place, env);
  try {
    const { from, target } = await rollBack(cluster, name, to);
    if (json) console.log(JSON.stringify({ service: name, from, to: target }));
    else console.log(`${name}: all traffic goes to ${target}; before: ${from}`);
  } finally {
    cluster.close();
  }
};

/** One write; a rollout under way ends by it. Answers when the Service says that the traffic has moved. */
export const rollBack = async (cluster: Cluster, name: string, to?: string) => {
  for (let attempt = 1; ; attempt++) {
    const service = await cluster.service(name);
    const target = to ?? (await revisionBefore(cluster, service));
    await refuseUnready(cluster, name, target);
    refuseByKey(service);
    const current: TrafficTarget[] = service.status?.traffic ?? [];
    const tags = (service.spec.traffic ?? []).flatMap(({ tag, revisionName }: TrafficTarget) =>
      tag && revisionName && tag !== candidateTag
        ? [{ revisionName, tag, latestRevision: false, percent: 0 }]
        : [],
    );
    const traffic = [{ revisionName: target, latestRevision: false, percent: 100 }, ...tags];
    const { holder: _, ...record } = readRecord(service) ?? {};
    const next = { ...service, spec: { ...service.spec, traffic } };
    const ended = 'id' in record && {
      ...record,
      phase: 'rolled back' as const,
      reasons: ['kagari rollback'],
    };
    try {
      await cluster.put(ended ? withRecord(next, ended) : next);
    } catch (error) {
      if (error instanceof ConflictError && attempt < tries) continue;
      throw error;
    }
    if (!(await settle({ cluster, clock: processClock }, name, traffic)))
      throw new Error(`the traffic of ${name} is written, but the Service does not say that it has moved`);
    return { from: sayTraffic(current), target };
  }
};

const revisionBefore = async (cluster: Cluster, service: KubeObject): Promise<string> => {
  const { name } = service.metadata;
  const record = readRecord(service);
  const getting = (service.status?.traffic ?? []).filter(({ percent = 0 }: TrafficTarget) => percent > 0);
  const names = getting.map(({ revisionName }: TrafficTarget) => revisionName);
  if (record && names.some((one: string) => one !== record.stable)) return record.stable;
  const generation = ({ metadata }: KubeObject) =>
    Number(metadata.labels?.['serving.knative.dev/configurationGeneration']);
  const revisions = (await cluster.revisions(name)).sort((a, b) => generation(b) - generation(a));
  const oldest = revisions.findLast(({ metadata }) => names.includes(metadata.name));
  const before = revisions.find((one) => oldest && generation(one) < generation(oldest) && isReady(one));
  if (!before) throw new Error(`${name} has no ready revision before ${names.join(', ')}`);
  return before.metadata.name;
};

/** One write would leave the Triggers without the candidate's keys. */
const refuseByKey = (service: KubeObject): void => {
  const { name } = service.metadata;
  const record = readRecord(service);
  if (record?.settings.byKey && isUnderWay(record))
    throw new Error(`a rollout of ${name} by key is under way: kagari rollout abort ${name} leads back`);
};

const refuseUnready = async (cluster: Cluster, name: string, target: string): Promise<void> => {
  const revision = await cluster.revision(target);
  if (revision.metadata.labels?.['serving.knative.dev/service'] !== name)
    throw new Error(`${target} is no revision of ${name}`);
  if (!isReady(revision)) throw new Error(`${target} is not ready: nothing was moved`);
};

const isReady = ({ status }: KubeObject): boolean =>
  status?.conditions?.some(
    ({ type, status }: { type: string; status: string }) => type === 'Ready' && status === 'True',
  );
