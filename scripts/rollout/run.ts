import { randomUUID } from 'node:crypto';
import { begin } from './begin.ts';
import { isInside } from './check-candidate.ts';
import { processClock } from './clock.ts';
import { drive, type Ending } from './drive.ts';
import { InUseError, takeOver } from './hold.ts';
import type { RolloutOptions } from './options.ts';
import { openPlace } from './place.ts';
import type { Cluster } from './ports.ts';
import { createProbe } from './probe.ts';
import { isUnderWay, readRecord } from './record.ts';
import { report, reportStatus } from './report.ts';
import { settle } from './settle.ts';
import { steer } from './steer.ts';
import { sayTraffic, trafficOf } from './traffic.ts';

export const exitCodes: Record<Ending['outcome'], number> = {
  promoted: 0,
  'rolled back': 1,
  aborted: 1,
  held: 3,
};

/** Does what the command line says, and sets the exit code. */
export const runRollout = async (options: RolloutOptions, env: NodeJS.ProcessEnv): Promise<void> => {
  const { name, json } = options;
  const { cluster, metrics } = await openPlace(options.place, env);
  const say = json ? () => {} : (line: string) => console.log(line);
  const me = randomUUID();
  const goOn = async (): Promise<void> => {
    const began = performance.now();
    const stopping = new AbortController();
    const stop = () => stopping.abort();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
    const driving = {
      cluster,
      metrics,
      clock: processClock,
      probe: createProbe(),
      me,
      say,
      signal: stopping.signal,
    };
    const ending = await drive(driving, name);
    const seconds = (performance.now() - began) / 1000;
    await report({ cluster, name, ending, seconds, json });
    process.exitCode = exitCodes[ending.outcome];
  };
  /** Whoever drives it does it; else this call. */
  const giveKeysBack = async (): Promise<void> => {
    try {
      await takeOver({ cluster, clock: processClock, me, say }, name);
    } catch (error) {
      if (!(error instanceof InUseError)) throw error;
      say(`${name} gets its Triggers back as they were, in the call that drives it`);
      return;
    }
    await goOn();
  };
  try {
    switch (options.verb) {
      case 'begin': {
        if (options.settings.probe !== undefined) await refuseInside(cluster, name);
        const { image, settings, dryRun } = options;
        const record = await begin({ cluster, me, name, image, settings, dryRun });
        if (dryRun) {
          const steps = settings.steps.map((percent) => `${percent}%`).join(', ');
          const plan = {
            service: name,
            image,
            stable: record.stable,
            steps: settings.steps,
            traffic: trafficOf(record),
          };
          if (json) console.log(JSON.stringify(plan));
          say(
            `would write ${name}: image ${image}, traffic ${sayTraffic(trafficOf(record))}; then ${steps}, then all`,
          );
          return;
        }
        say(`${name}: ${record.previousImage} to ${image}, ${record.stable} keeps all traffic`);
        return await goOn();
      }
      case 'resume': {
        const wasPaused = await steer({ cluster, name, verb: 'resume' });
        try {
          await takeOver({ cluster, clock: processClock, me, say }, name);
        } catch (error) {
          if (wasPaused && error instanceof InUseError)
            return say(`${name} goes on, in the call that drives it`);
          throw error;
        }
        return await goOn();
      }
      case 'status':
        return reportStatus(name, await cluster.service(name), json);
      case 'abort': {
        await steer({ cluster, name, verb: 'abort' });
        const service = await cluster.service(name);
        const record = readRecord(service);
        if (record && isUnderWay(record)) return await giveKeysBack();
        await settle({ cluster, clock: processClock }, name, service.spec.traffic);
        return reportStatus(name, await cluster.service(name), json);
      }
      default:
        await steer({ cluster, name, verb: options.verb });
        return reportStatus(name, await cluster.service(name), json);
    }
  } finally {
    cluster.close();
  }
};

const refuseInside = async (cluster: Cluster, name: string): Promise<void> => {
  const { status } = await cluster.service(name);
  if (status?.url && isInside(status.url))
    throw new Error(`--probe: ${name} has no address outside the cluster, ${status.url} is for pods only`);
};
