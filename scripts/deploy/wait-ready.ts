import { setTimeout as sleep } from 'node:timers/promises';
import { namespace } from '../../knative/local/secrets/kept.ts';
import type { KubeObject, NewObject } from '../../knative/local/store/types.ts';
import type { Kubectl } from './kubectl.ts';
import { kindOf, nameOf, resourceOf } from './overlay.ts';
import { hasReadiness, type Readiness, readinessOf } from './readiness.ts';
import { causeOf, linesOf, type Trouble, troubleOf } from './trouble.ts';

export interface Waiting {
  kubectl: Kubectl;
  signal: AbortSignal;
  /** When to give up, by performance.now(). */
  deadline: number;
  say(line: string): void;
  /** What says how far an object is; readinessOf unless only something less is waited for, which is then not told. */
  until?: (object: KubeObject) => Readiness | undefined;
}

const pollMs = 1000;
const tellMs = 10_000;
/** A trouble that waiting does not mend may still be a start's: an image on its way, a Secret just made. */
const patienceMs = 30_000;

/** Resolves when all of these are ready; tells each that becomes it. Throws with what the first that cannot be has. */
export const waitReady = async (
  objects: readonly NewObject[],
  { kubectl, signal, deadline, say, until }: Waiting,
): Promise<void> => {
  const wanted = new Map(objects.filter(hasReadiness).map((object) => [keyOf(object), object]));
  if (wanted.size === 0) return;
  const started = performance.now();
  const hopelessSince = new Map<string, number>();
  let told = started;

  for (;;) {
    const seen = await look(kubectl, [...wanted.values()]);
    const now = performance.now();
    const troubles: Trouble[] = [];
    const lost: Trouble[] = [];
    for (const [key, object] of wanted) {
      const state = stateOf(seen.objects.get(key), until ?? readinessOf);
      if (state.ready) {
        wanted.delete(key);
        if (!until) say(`  ${seconds(now - started)}  ${nameOf(object)} is ready`);
        continue;
      }
      const trouble = troubleOf((seen.objects.get(key) ?? object) as KubeObject, state, seen);
      troubles.push(trouble);
      if (!trouble.hopeless) hopelessSince.delete(key);
      else if (!hopelessSince.has(key)) hopelessSince.set(key, now);
      const since = hopelessSince.get(key);
      if (since !== undefined && (now - since > patienceMs || isFinal(object, trouble))) lost.push(trouble);
    }
    if (wanted.size === 0) return;
    if (lost.length > 0) throw giveUp(lost, troubles, kubectl, say);
    if (now > deadline) throw giveUp(troubles, troubles, kubectl, say);
    if (now - told > tellMs) {
      told = now;
      say(
        `  ${seconds(now - started)}  waiting for ${troubles.length}: ${troubles.slice(0, 3).map(causeOf).join('; ')}`,
      );
    }
    await sleep(pollMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
};

/** A Job that failed tries no more. */
const isFinal = (object: NewObject, { why }: Trouble) =>
  kindOf(object) === 'Job.batch' && why.startsWith('Failed');

const keyOf = (object: Pick<NewObject, 'apiVersion' | 'kind'> & { metadata: { name: string } }) =>
  `${kindOf(object)}/${object.metadata.name}`;

const look = async (kubectl: Kubectl, objects: readonly NewObject[]) => {
  const resources = [...new Set(objects.map((object) => resourceOf(kindOf(object))))];
  const found = await kubectl.list([...resources, 'pods', 'events'].join(','), ['-n', namespace]);
  return {
    objects: new Map(found.map((object) => [keyOf(object), object])),
    pods: found.filter((object) => kindOf(object) === 'Pod'),
    events: found.filter((object) => kindOf(object) === 'Event'),
  };
};

const stateOf = (
  found: KubeObject | undefined,
  readiness: (object: KubeObject) => Readiness | undefined,
): Readiness => {
  if (!found) return { ready: false, condition: 'It', why: 'is not there', failed: false };
  return readiness(found) ?? { ready: true };
};

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`.padStart(7);

const giveUp = (
  lost: readonly Trouble[],
  troubles: readonly Trouble[],
  kubectl: Kubectl,
  say: (line: string) => void,
): Error => {
  say(`not ready (${troubles.length}):`);
  for (const trouble of [...lost, ...troubles.filter((other) => !lost.includes(other))].slice(0, 12))
    for (const line of linesOf(trouble, kubectl.words)) say(line);
  const [first] = lost;
  const more = troubles.length > 1 ? `, and ${troubles.length - 1} more` : '';
  return new Error(
    `${first ? causeOf(first) : 'something'} is not ready${more}: see above; what is applied stays, and the same command goes on from there`,
  );
};
