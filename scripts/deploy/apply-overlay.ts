import { namespace } from '../../knative/local/secrets/kept.ts';
import type { KubeObject, NewObject } from '../../knative/local/store/types.ts';
import { openClusterKeeper } from './cluster-keeper.ts';
import { ensureClusterSecrets } from './cluster-secrets.ts';
import { nameOf } from './overlay.ts';
import { phasesOf } from './phases.ts';
import { type Readiness, readinessOf } from './readiness.ts';
import { type Waiting, waitReady } from './wait-ready.ts';

export interface ApplySettings extends Waiting {
  databaseUrl?: string;
  /** Whether the database is not the overlay's. */
  given: boolean;
}

/**
 * Applies an overlay's objects phase by phase, Secrets and migration in their place, and waits until all are ready. What
 * stands already is left or brought up to date: a run that was broken off is simply repeated.
 */
export const applyOverlay = async (
  objects: readonly NewObject[],
  { databaseUrl, given, ...waiting }: ApplySettings,
): Promise<void> => {
  const { kubectl, say } = waiting;
  const { namespaces, foundation, jobs, eventing, functions, ways } = phasesOf(objects);
  await kubectl.apply(namespaces);

  say('Secrets');
  const keeper = await openClusterKeeper(kubectl, (what) => say(`  ${what} is made`));
  await ensureClusterSecrets(keeper, databaseUrl);

  say(given ? 'configuration; the database is the one of DATABASE_URL' : 'database and configuration');
  await kubectl.apply([...foundation, ...eventing]);
  await waitReady(foundation, waiting);

  say('migration');
  for (const { metadata } of jobs)
    await kubectl.run([
      'delete',
      'job',
      metadata.name,
      '-n',
      namespace,
      '--ignore-not-found',
      '--timeout=60s',
    ]);
  await kubectl.apply(jobs);
  await waitReady(jobs, waiting);

  say('functions');
  await waitReady(eventing, { ...waiting, until: boundOrReady });
  await kubectl.apply(functions);
  await waitReady([...eventing, ...functions], waiting);

  say('ways to them');
  await kubectl.apply(ways);
  await waitReady(ways, waiting);
};

/**
 * A Service that is made before its binding is known, or the Broker has an address, gets its sink later, and by that a
 * second revision. A binding itself is ready only when its Service is there.
 */
const boundOrReady = (object: KubeObject): Readiness | undefined =>
  object.kind === 'SinkBinding' && object.status?.conditions ? { ready: true } : readinessOf(object);

/** What applying would do, as lines. */
export const applyLines = (objects: readonly NewObject[]): string[] =>
  Object.values(phasesOf(objects))
    .flat()
    .map((object) => `  apply ${nameOf(object)}`);
