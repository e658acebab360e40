import type { Log } from '../store/types.ts';
import { type ActivityStore, createActivity } from './activity.ts';
import { createPodPool, type PoolMeans } from './pod-pool.ts';
import type { Failure } from './pods/failure.ts';
import type { EndLimits, Pod } from './pods/pod.ts';
import type { RevisionKey, RevisionSpec, RevisionState } from './ports.ts';
import type { Destination } from './requests/forward.ts';
import { problems } from './requests/problem.ts';
import { createAutoscaler } from './scaling/autoscaler.ts';
import { bounded } from './scaling/bounds.ts';
import { createWaitingLine } from './waiting-line.ts';

/** What is known of a revision when it comes up. */
export interface Standing {
  /** Its first pods were ready once. */
  proven: boolean;
  /** Above 0: it was active before, and may have work in hand. */
  scale: number;
  /** A route leads to it. */
  reachable: boolean;
}

export interface RevisionMeans extends PoolMeans, ActivityStore {
  log: Log;
  graceMs: number;
  progressDeadlineMs: number;
  onState(key: RevisionKey, state: RevisionState): void;
  /** Its last pod has gone, for now. */
  onEmpty(key: RevisionKey): void;
}

export interface Revision extends Destination {
  readonly pods: ReadonlySet<Pod>;
  /** A request has come. */
  enter(): void;
  /** Whether a route leads to it now. */
  reach(reachable: boolean): void;
  tick(now: number): void;
  /** Ends one pod; another takes its place. */
  kill(pod: Pod): Promise<void>;
  refreshVolumes(): Promise<void>;
  /** Takes no more requests and ends all pods. */
  stop(limits?: EndLimits): Promise<void>;
}

/** Knative's activator holds this many requests where more pods may come. */
const longestLine = 10_000;
const longestGraceMs = 30_000;
const linePerPlace = 10;
/** A start may fail by bad luck; whoever saw each pod fail twice need not wait for the third time. */
const failuresToBear = 2;

export const createRevision = (
  key: RevisionKey,
  spec: RevisionSpec,
  standing: Standing,
  means: RevisionMeans,
): Revision => {
  const { scaling, containerConcurrency } = spec;
  const { log } = means;
  const timeoutMs = spec.timeoutSeconds * 1000;
  const patience: EndLimits = { drainMs: timeoutMs, graceMs: Math.min(timeoutMs, longestGraceMs) };
  const autoscaler = createAutoscaler(spec, means.graceMs);
  const { load } = autoscaler;
  const line = createWaitingLine();
  const activity = createActivity(key, means, log, standing.scale > 0);
  const state: RevisionState = { ready: 0, desired: 0, proven: standing.proven };
  let { reachable } = standing;
  let proving = !standing.proven;
  let upSince = 0;
  let stopped = false;
  let told = '';

  const publish = () => {
    state.ready = pool.ready();
    const now = JSON.stringify(state);
    if (now === told || stopped) return;
    told = now;
    means.onState(key, JSON.parse(now));
  };
  const dispatch = () => {
    while (activity.active && line.length > 0) {
      const pod = pool.pick();
      if (!pod) return;
      const waiter = line.next();
      if (waiter) waiter.go(pod);
      else pod.inFlight--;
    }
  };

  const pool = createPodPool(key, spec, means, {
    onChange(pod) {
      if (pod.ready) settle();
      publish();
      dispatch();
      if (line.length > 0) demand();
    },
    onFailure(pod, failure) {
      log.warn({ revision: key, pod: pod.name, ...failure }, 'a pod failed');
      state.failure = failure;
      publish();
      if (state.ready === 0) lose(failure);
    },
    onEmpty() {
      means.onEmpty(key);
      if (state.desired === 0 && line.length === 0 && !stopped) activity.rest();
    },
  });
  /** A pod has become ready. */
  const settle = () => {
    delete state.failure;
    const enough = Math.max(1, bounded(scaling.initialScale, scaling, { reachable, proven: true }));
    // Where this machine does not take so many, those that there are.
    if (pool.ready() < Math.min(enough, pool.staying().length)) return;
    state.proven = true;
    proving = false;
  };
  /** A pod has failed, and no other is ready. */
  const lose = ({ reason }: Failure) => {
    const detail = `Its pods do not start or do not stay (${reason}): its Revision and its log say why.`;
    line.sawFailure(problems.notStarted(detail), failuresToBear * Math.max(1, pool.staying().length));
    if (line.length > 0) demand();
  };
  const scaleTo = (wanted: number, priority: 0 | 1 | 2) => {
    if (stopped) return;
    if (state.desired === 0 && wanted > 0) upSince = performance.now();
    state.desired = wanted;
    pool.resize(wanted, priority, patience);
    publish();
  };
  /** A request waits. */
  const demand = () => {
    const present = pool.staying();
    if (present.length === 0) {
      const first = Math.max(1, state.desired, scaling.activationScale);
      scaleTo(bounded(first, scaling, { reachable, proven: true }), 0);
    } else if (state.ready === 0) for (const pod of present) pod.hurry();
  };
  const unmarked = (err: unknown) => {
    log.error({ err, revision: key }, 'could not note that a revision is active');
    line.sendAway(problems.notStarted('The runtime cannot reach its own store.'));
  };
  const lineLimit = () => {
    const present = pool.staying().length;
    const grows = (scaling.maxScale === 0 || present < scaling.maxScale) && means.room() > 0;
    if (containerConcurrency === 0 || grows) return longestLine;
    return linePerPlace * containerConcurrency * Math.max(1, present);
  };

  if (proving && scaling.initialScale === 0) {
    state.proven = true;
    proving = false;
  }
  const first = Math.max(standing.scale > 0 ? 1 : 0, bounded(0, scaling, { reachable, proven: !proving }));
  scaleTo(bounded(first, scaling, { reachable, proven: true }), proving ? 1 : 2);
  const giveUp = setTimeout(() => {
    if (!proving) return;
    proving = false;
    scaleTo(0, 2);
  }, means.progressDeadlineMs);
  giveUp.unref();

  return {
    pods: pool.pods,
    timeoutMs,
    log,
    enter: () => load.enter(performance.now()),
    over: () => load.exit(performance.now()),
    take: () => (activity.active && line.length === 0 ? pool.pick() : undefined),
    wait(waiter) {
      if (stopped) return problems.stopping();
      if (line.length >= lineLimit()) return problems.overloaded(`${line.length} requests wait already.`);
      line.join(waiter);
      if (!activity.active) activity.activate().then(dispatch, unmarked);
      demand();
      return undefined;
    },
    leave: line.leave,
    done(pod) {
      pod.inFlight--;
      pod.checkDrain();
      dispatch();
    },
    reach(now) {
      reachable = now;
      scaleTo(bounded(state.desired, scaling, { reachable, proven: !proving }), 2);
    },
    tick(now) {
      for (const pod of pool.pods) pod.connections.sweep(now);
      if (stopped || (pool.pods.size === 0 && line.length === 0 && state.desired === 0)) return;
      const standing = { desired: state.desired, ready: state.ready, upSince, proven: !proving, reachable };
      scaleTo(autoscaler.wanted(now, standing), line.length > 0 ? 0 : 2);
    },
    async kill(pod) {
      const gone = pool.remove(pod, patience);
      scaleTo(state.desired, line.length > 0 ? 0 : 2);
      await gone;
    },
    async refreshVolumes() {
      await Promise.all(pool.staying().map((pod) => pod.refreshVolumes()));
    },
    async stop(limits = patience) {
      stopped = true;
      clearTimeout(giveUp);
      line.sendAway(problems.stopping());
      await pool.stop(limits);
    },
  };
};
