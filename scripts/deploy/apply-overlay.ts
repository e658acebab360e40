import { namespace } from '../../knative/local/secrets/kept.ts';
import type { KubeObject, NewObject } from '../../knative/local/store/types.ts';
import { openClusterKeeper } from './cluster-keeper.ts';
import { ensureClusterSecrets, isGivenDatabase } from './cluster-secrets.ts';
import { nameOf } from './overlay.ts';
import { phasesOf } from './phases.ts';
import type { Readiness } from './readiness.ts';
import { type Waiting, waitReady } from './wait-ready.ts';

export interface ApplySettings extends Waiting {
  databaseUrl?: string;
}

/**
 * Applies an overlay's objects phase by phase, Secrets and migration in their place, and waits until all are ready. What
 * stands already is left or brought up to date: a run that was broken off is simply repeated.
 */
export const applyOverlay = async (
  objects: readonly NewObject[],
  { databaseUrl, ...waiting }: ApplySettings,
): Promise<void> => {
  const { kubectl, say } = waiting;
  const { namespaces, foundation, jobs, eventing, functions } = phasesOf(objects);
  await kubectl.apply(namespaces);

  say('Secrets');
  const keeper = await openClusterKeeper(kubectl, (what) => say(`  ${what} is made`));
  const given = isGivenDatabase(keeper, databaseUrl);
  await ensureClusterSecrets(keeper, databaseUrl);

  say(given ? 'configuration; the database is the one of DATABASE_URL' : 'database and configuration');
  const base = given ? foundation.filter(({ metadata }) => metadata.name !== 'postgres') : foundation;
  await kubectl.apply([...base, ...eventing]);
  await waitReady(base, waiting);

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
  await waitReady(
    eventing.filter(({ kind }) => kind === 'SinkBinding'),
    waiting,
    sinkProvided,
  );
  await kubectl.apply(functions);
  await waitReady([...eventing, ...functions], waiting);
};

/** A Service made before its binding knows the sink would make a second revision as soon as it does. */
const sinkProvided = ({ status }: KubeObject): Readiness => {
  const found = status?.conditions?.find(({ type }: { type: string }) => type === 'SinkProvided');
  if (found?.status === 'True') return { ready: true };
  const why = [found?.reason, found?.message].filter(Boolean).join(': ') || 'no status yet';
  return { ready: false, condition: 'SinkProvided is not True', why, failed: false };
};

/** What applying would do, as lines. */
export const applyLines = (objects: readonly NewObject[]): string[] =>
  Object.values(phasesOf(objects))
    .flat()
    .map((object) => `  apply ${nameOf(object)}`);
