import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PodView, RevisionKey, RevisionSpec } from '../ports.ts';
import { type Connections, createConnections } from '../requests/connections.ts';
import { createDrain } from './drain.ts';
import { type Failure, failureOfError, failureOfExit, lostItsPort } from './failure.ts';
import { createPodLog, type LogLine, type PodLog } from './log.ts';
import { createPause } from './pause.ts';
import { becomeReady } from './readiness.ts';
import { forgivenAfterMs, restartDelay } from './restart-delay.ts';
import { type StartedPod, startPod, volumesFolder, type Workshop } from './start.ts';
import type { StartGate, StartTicket } from './start-gate.ts';
import { createVolumes } from './volumes.ts';

/** A place for a process of one revision: it is started, started again when it crashes, and ended. */
export interface Pod {
  readonly name: string;
  readonly log: PodLog;
  /** Whether requests may go to it. */
  readonly ready: boolean;
  readonly ending: boolean;
  /** To its present process. */
  readonly connections: Connections;
  /** Requests in hand, tunnels among them. */
  inFlight: number;
  tunnels: number;
  /** To be called whenever there is less in hand. */
  checkDrain(): void;
  /** It refused a connection: it is asked again whether it is ready. */
  suspect(): void;
  /** A request waits for it: it starts before others, and soon after a crash. */
  hurry(): void;
  /** Ends it; called again with shorter limits it ends sooner. Resolves when its process and its files are gone. */
  end(limits: EndLimits): Promise<void>;
  /** Something that it reads has changed: writes its files anew; a start that failed may succeed now, and comes soon. */
  refreshVolumes(): Promise<void>;
  view(): PodView;
}

export interface EndLimits {
  /** How long requests in hand may take; tunnels are told by SIGTERM. */
  drainMs: number;
  /** From SIGTERM to SIGKILL. */
  graceMs: number;
}

export interface PodEvents {
  /** Ready, or not any more. */
  onChange(): void;
  /** A start failed, or a process ended by itself; the next start follows by itself. */
  onFailure(failure: Failure): void;
  onLine(pod: string, line: LogLine): void;
}

export interface PodMeans {
  workshop: Workshop;
  gate: StartGate;
  startDeadlineMs: number;
}

const portTries = 3;

export const createPod = (
  key: RevisionKey,
  spec: RevisionSpec,
  ticket: StartTicket,
  { workshop, gate, startDeadlineMs }: PodMeans,
  events: PodEvents,
): Pod => {
  const name = `${spec.name}-deployment-${randomBytes(5).toString('hex')}`;
  const folder = join(workshop.podsFolder, name);
  const volumes = createVolumes(volumesFolder(folder));
  const startedAt = new Date();
  const output = createPodLog((line) => events.onLine(name, line));
  const ending = new AbortController();
  const drain = createDrain(() => pod.inFlight - pod.tunnels);
  const pause = createPause(ending.signal);
  let started: StartedPod | undefined;
  let connections = createConnections(0);
  let ready = false;
  let readySince: number | undefined;
  let restarts = 0;
  let crashes = 0;
  let graceMs = Number.POSITIVE_INFINITY;
  let ended: Promise<void> | undefined;

  const setReady = (now: boolean) => {
    if (ready === now) return;
    ready = now;
    events.onChange();
  };
  /** No byte goes to a process that has ended. */
  const lose = () => {
    connections.close();
    setReady(false);
  };
  const settle = async (candidate: StartedPod): Promise<Failure | undefined> => {
    const probe = spec.readinessProbe;
    const result = await becomeReady(candidate, {
      probe,
      deadlineMs: startDeadlineMs,
      ending: ending.signal,
    });
    if (typeof result === 'object') return result;
    if (result && !ending.signal.aborted) {
      readySince ??= performance.now();
      setReady(true);
    }
    return undefined;
  };

  /** One process from its start to its end; answers why it ended, `port` where somebody else had its port. */
  const live = async (): Promise<Failure | 'port'> => {
    const since = new Date();
    readySince = undefined;
    const leave = await gate.enter(ticket, ending.signal);
    try {
      started = await startPod(
        workshop,
        { key, spec, folder, volumes },
        { output, restart: restarts, onExit: lose },
      );
      if (ending.signal.aborted) started.process.signal('SIGKILL');
      connections = createConnections(started.port);
      const failure = await settle(started);
      if (failure) return failure;
    } finally {
      leave();
    }
    const exit = await started.process.ended;
    const lines = output.log.lines().filter(({ at }) => at >= since);
    if (readySince === undefined && lostItsPort(lines)) return 'port';
    if (readySince !== undefined && performance.now() - readySince > forgivenAfterMs) crashes = 0;
    return failureOfExit(exit, lines);
  };

  const run = async (): Promise<void> => {
    for (let lostPorts = 0; !ending.signal.aborted; ) {
      const failure = await live().catch(failureOfError);
      if (ending.signal.aborted) return;
      if (failure === 'port' && ++lostPorts < portTries) continue;
      lostPorts = 0;
      crashes++;
      restarts++;
      events.onFailure(
        failure === 'port' ? { reason: 'StartError', message: 'Its ports were taken' } : failure,
      );
      await pause.wait(restartDelay(crashes));
    }
  };

  const finish = async (): Promise<void> => {
    ending.abort();
    // Told also where it was not ready: the number of pods changes.
    ready = false;
    events.onChange();
    await drain.wait();
    connections.close();
    started?.process.signal('SIGTERM');
    setTimeout(kill, graceMs).unref();
    graceMs = 0;
    await life;
    await volumes.settled();
    await rm(folder, { recursive: true, force: true });
  };
  const kill = () => started?.process.signal('SIGKILL');

  const pod: Pod = {
    name,
    log: output.log,
    get ready() {
      return ready;
    },
    get ending() {
      return ending.signal.aborted;
    },
    get connections() {
      return connections;
    },
    inFlight: 0,
    tunnels: 0,
    checkDrain: drain.check,
    suspect() {
      if (!ready || !started || started.process.exit) return;
      setReady(false);
      void settle(started);
    },
    hurry() {
      ticket.priority = 0;
      pause.shorten();
    },
    end(limits) {
      const isTold = ended !== undefined && graceMs === 0;
      if (!isTold) graceMs = Math.min(graceMs, limits.graceMs);
      setTimeout(drain.cut, limits.drainMs).unref();
      if (isTold) setTimeout(kill, limits.graceMs).unref();
      ended ??= finish();
      return ended;
    },
    async refreshVolumes() {
      pause.shorten();
      if (started && !ending.signal.aborted)
        await volumes.write(async () => (await workshop.context(key)).volumes);
    },
    view: () => ({
      name,
      revision: key,
      service: spec.service,
      pid: started?.process.exit ? undefined : started?.process.pid,
      port: started?.port ?? 0,
      phase: ending.signal.aborted ? 'Terminating' : readySince === undefined ? 'Pending' : 'Running',
      ready,
      startedAt,
      restarts,
      imageDigest: spec.imageDigest,
    }),
  };
  const life = run();
  return pod;
};
