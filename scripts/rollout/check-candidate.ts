import type { KubeObject } from '../../knative/local/store/types.ts';
import type { Cluster, Probe } from './ports.ts';
import { annotation, type RolloutRecord } from './record.ts';
import { candidateTag, type TrafficTarget } from './traffic.ts';

export type Found = { ready: string; said: string } | { failed: string } | { waiting: string };

const smokeRequests = 20;

/** Whether the candidate runs, and answers at its tag's address where that can be reached from here. */
export const checkCandidate = async (
  { cluster, probe }: { cluster: Cluster; probe: Probe },
  service: KubeObject,
  { id, stable, settings }: RolloutRecord,
): Promise<Found> => {
  const { status } = service;
  const name: string | undefined = status?.latestCreatedRevisionName;
  if (status?.observedGeneration !== service.metadata.generation || !name || name === stable)
    return { waiting: 'the candidate is being made' };
  const revision = await cluster.revision(name).catch(() => undefined);
  if (revision?.metadata.annotations?.[annotation] !== id) return { waiting: 'the candidate is being made' };
  const ready = revision.status?.conditions?.find(({ type }: { type: string }) => type === 'Ready');
  if (ready?.status === 'False')
    return { failed: `${name} does not run: ${inOneLine(ready.message ?? ready.reason ?? '')}` };
  if (ready?.status !== 'True')
    return { waiting: `${name} starts${ready?.message ? `: ${ready.message}` : ''}` };
  const target = (status.traffic as (TrafficTarget & { url: string })[] | undefined)?.find(
    ({ tag, revisionName }) => tag === candidateTag && revisionName === name,
  );
  if (!target) return { waiting: `${name} is ready, its address is not yet` };
  if (isInside(target.url)) return { ready: name, said: `${name} is ready` };
  const failed = await probe.send(new URL(settings.probe ?? '/health', target.url).href, smokeRequests);
  if (failed > 1) return { failed: `${failed} of ${smokeRequests} requests to ${target.url} failed` };
  return { ready: name, said: `${name} is ready and answers at ${target.url}` };
};

/** An address that only pods can reach. */
export const isInside = (url: string): boolean => new URL(url).hostname.endsWith('.svc.cluster.local');

/** A container's last words may be a stack. */
const inOneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' ').slice(0, 300);
