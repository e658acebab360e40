import { mkdir, realpath } from 'node:fs/promises';
import { type IncomingMessage, ServerResponse } from 'node:http';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import type { ImageStore } from '../images/store.ts';
import type { Log } from '../store/types.ts';
import type { ActivityStore } from './activity.ts';
import { endLeftovers } from './pods/leftovers.ts';
import type { LogLine, PodLog } from './pods/log.ts';
import type { EndLimits, Pod } from './pods/pod.ts';
import { createPorts } from './pods/ports.ts';
import type { Reaper } from './pods/reaper.ts';
import { createRevisionLogs } from './pods/revision-logs.ts';
import { createStartGate } from './pods/start-gate.ts';
import type { PodContext, PodView, RevisionKey, RevisionSpec, RevisionState } from './ports.ts';
import { forward } from './requests/forward.ts';
import { answerProblem, problems } from './requests/problem.ts';
import type { Origin } from './requests/request-head.ts';
import type { Upgrade } from './requests/tunnel.ts';
import { createRevision, type Revision } from './revision.ts';

export interface RevisionsOptions extends ActivityStore {
  images: ImageStore;
  home: string;
  reaper: Reaper;
  /** The internal listener, `http://127.0.0.1:…`; asked at each start of a pod. */
  proxy(): string;
  /** PATH of programs that are not Node. */
  path: string;
  /** What a pod gets, asked anew at each start; a rejection is the reason why it does not start. */
  context(key: RevisionKey): Promise<PodContext>;
  onState(key: RevisionKey, state: RevisionState): void;
  onLine?(key: RevisionKey, pod: string, line: LogLine): void;
  log: Log;
  /** Knative's scale-to-zero-grace-period. */
  scaleToZeroGraceMs?: number;
  tickMs?: number;
  /** From a process's start until it must be ready. */
  startDeadlineMs?: number;
  /** How long an unproven revision is tried. */
  progressDeadlineMs?: number;
  /** Pods that start at once. */
  starts?: number;
  /** Pods in all; beyond it only a revision's first is started. */
  maxPods?: number;
}

/** The processes of all revisions, and the way of requests to them. */
export interface Revisions {
  /**
   * Lets a revision run: unproven, its initial scale is started to prove it; `scale` above 0, it was active before a crash,
   * starts a pod at low priority; else it starts on demand. A revision that is known only learns whether it is reachable.
   */
  ensure(
    key: RevisionKey,
    spec: RevisionSpec,
    standing: { proven: boolean; scale: number; reachable?: boolean },
  ): void;
  /** Ends its pods, after what they have in hand; resolves when they are gone. */
  remove(key: RevisionKey): Promise<void>;
  forward(key: RevisionKey, request: IncomingMessage, response: ServerResponse, origin?: Origin): void;
  /** As forward, for a request that asks for another protocol; the answer's code is 101 where it got it. */
  upgrade(key: RevisionKey, request: IncomingMessage, upgrade: Upgrade, origin?: Origin): ServerResponse;
  /** A ConfigMap or Secret of its pods has changed: writes their files anew, and soon tries again what could not start. */
  refreshVolumes(key: RevisionKey): Promise<void>;
  pods(): PodView[];
  /** Calls after pods came, went or changed; answers how to stop. */
  onChange(listener: () => void): () => void;
  /** What a pod wrote; undefined where there is no such pod. */
  logs(pod: string): PodLog | undefined;
  /** Ends a pod, another takes its place; resolves when it is gone, with false where there is no such pod. */
  kill(pod: string): Promise<boolean>;
  /** Ends all pods within the limits. */
  stop(limits: EndLimits): Promise<void>;
}

/** A kubelet's own bound, where memory allows it. */
const kubeletPods = 110;
const memoryOfPod = 100 * 1024 * 1024;

export const createRevisions = async (options: RevisionsOptions): Promise<Revisions> => {
  const { log, onState, onLine = () => {} } = options;
  await mkdir(options.home, { recursive: true });
  const home = await realpath(options.home);
  const podsFolder = join(home, 'pods');
  await endLeftovers(podsFolder, log);
  const ports = createPorts();
  const logs = createRevisionLogs(join(home, 'logs'));
  const revisions = new Map<RevisionKey, Revision>();
  const leaving = new Set<Revision>();
  const listeners = new Set<() => void>();
  const maxPods = options.maxPods ?? Math.min(kubeletPods, Math.floor(totalmem() / 2 / memoryOfPod));

  const all = (): [Pod, Revision][] =>
    [...revisions.values(), ...leaving].flatMap((revision) =>
      [...revision.pods].map((pod): [Pod, Revision] => [pod, revision]),
    );
  const find = (name: string) => all().find(([pod]) => pod.name === name);
  const means = {
    log,
    workshop: {
      images: options.images,
      ports,
      reaper: options.reaper,
      context: options.context,
      proxy: options.proxy,
      path: options.path,
      podsFolder,
      cacheFolder: join(home, 'cache'),
    },
    gate: createStartGate(options.starts ?? Math.max(2, availableParallelism())),
    startDeadlineMs: options.startDeadlineMs ?? 120_000,
    progressDeadlineMs: options.progressDeadlineMs ?? 600_000,
    graceMs: options.scaleToZeroGraceMs ?? 30_000,
    room: () => maxPods - all().length,
    markActive: options.markActive,
    markIdle: options.markIdle,
    onState,
    onLine(key: RevisionKey, pod: string, line: LogLine) {
      logs.append(key, pod, line);
      onLine(key, pod, line);
    },
    onPods() {
      for (const listener of listeners) listener();
    },
    onEmpty: logs.rest,
  };
  const ticking = setInterval(() => {
    for (const revision of revisions.values()) revision.tick(performance.now());
  }, options.tickMs ?? 2_000);
  ticking.unref();

  const send = (
    key: RevisionKey,
    request: IncomingMessage,
    response: ServerResponse,
    origin: Origin,
    upgrade?: Upgrade,
  ) => {
    const revision = revisions.get(key);
    if (!revision) return answerProblem(response, problems.notStarted('Its revision is not there yet.'));
    revision.enter();
    forward(revision, request, response, origin, upgrade);
  };

  return {
    ensure(key, spec, { proven, scale, reachable = true }) {
      const known = revisions.get(key);
      if (known) return known.reach(reachable);
      revisions.set(key, createRevision(key, spec, { proven, scale, reachable }, means));
    },
    async remove(key) {
      const revision = revisions.get(key);
      if (!revision) return;
      revisions.delete(key);
      leaving.add(revision);
      await revision.stop();
      leaving.delete(revision);
      if (!revisions.has(key)) await logs.remove(key);
    },
    forward: (key, request, response, origin = 'outside') => send(key, request, response, origin),
    upgrade(key, request, upgrade, origin = 'outside') {
      const response = new ServerResponse(request);
      response.shouldKeepAlive = false;
      response.assignSocket(upgrade.socket);
      upgrade.socket.on('drain', () => response.emit('drain'));
      response.on('finish', () => upgrade.socket.end());
      send(key, request, response, origin, upgrade);
      return response;
    },
    refreshVolumes: async (key) => revisions.get(key)?.refreshVolumes(),
    pods: () => all().map(([pod]) => pod.view()),
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    logs: (name) => find(name)?.[0].log,
    async kill(name) {
      const [pod, revision] = find(name) ?? [];
      if (!pod || !revision) return false;
      await revision.kill(pod);
      return true;
    },
    async stop(limits) {
      clearInterval(ticking);
      await Promise.all([...revisions.values(), ...leaving].map((revision) => revision.stop(limits)));
      ports.close();
      logs.close();
    },
  };
};
