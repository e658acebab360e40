import type { Deliver } from '../../../eventing/broker/deliver.ts';
import { identityOf } from '../../../eventing/broker/event.ts';
import { type Condition, conditionSet } from '../store/conditions.ts';
import { type Controller, createController, type Key, keyOf, splitKey } from '../store/controller.ts';
import { sameJson } from '../store/json.ts';
import type { KubeObject, Log, Store } from '../store/types.ts';
import { type Resolved, resolveDestination } from './destination.ts';
import { pingSource } from './kinds.ts';
import { markUnresolved } from './mark-unresolved.ts';
import { type Recorder, sendFailed } from './note-failures.ts';
import { oidcDisabled } from './oidc.ts';
import { pingEvent, pingSourceOf, pingType } from './ping-event.ts';
import { parseSchedule, type Schedule } from './schedule.ts';
import { sendPing } from './send-ping.ts';
import { startTicks } from './ticks.ts';
import { watchDestinations } from './watch-destinations.ts';
import { writeStatus } from './write-status.ts';

export interface PingSourceControllerOptions {
  store: Store;
  deliver: Deliver;
  log: Log;
  /** Of Kubernetes Events; absent: none. */
  recorder?: Recorder;
}

/** Runs a clock for every PingSource whose schedule and sink are good. Stopping it drops what is being sent. */
export const pingSourceController = ({
  store,
  deliver,
  log,
  recorder,
}: PingSourceControllerOptions): Controller => {
  const clocks = new Map<Key, Clock>();
  const ended = new AbortController();
  const sending = new Set<Promise<void>>();

  const reconcile = async (key: Key) => {
    const { namespace, name } = splitKey(key);
    const source = store.get(pingSource, namespace, name);
    const sink = source && resolveDestination(store, source.spec.sink, namespace);
    const schedule = source && readSchedule(source);
    follow(key, source, sink?.url, schedule && 'next' in schedule ? schedule : undefined);
    if (source && sink && schedule) await writeStatus(store, source, statusOf(source, sink, schedule));
  };

  const follow = (
    key: Key,
    source: KubeObject | undefined,
    sink: string | undefined,
    schedule: Schedule | undefined,
  ) => {
    const standing = clocks.get(key);
    const same = source && standing?.uid === source.metadata.uid && sameJson(standing.spec, source.spec);
    if (same && standing.sink === sink) return;
    standing?.stop();
    clocks.delete(key);
    if (!source || !sink || !schedule) return;
    const stop = startTicks(schedule, (time) => send(source, sink, time));
    clocks.set(key, { uid: source.metadata.uid, spec: source.spec, sink, stop });
  };

  const send = (source: KubeObject, sink: string, time: Date) => {
    const event = pingEvent(source, time);
    const sent = sendPing(deliver, sink, event, ended.signal)
      .then((reason) => {
        if (reason === undefined) return;
        log.warn({ event: identityOf(event), sink, reason }, 'pingsource: an event was not delivered');
        recorder?.record(source, 'Warning', sendFailed, `The sink ${sink} did not take an event: ${reason}`);
      })
      .finally(() => sending.delete(sent));
    sending.add(sent);
  };

  const controller = createController({
    name: 'pingsource',
    store,
    watches: [
      { kind: pingSource, keys: (source) => [keyOf(source)] },
      ...watchDestinations(store, pingSource, ({ spec }) => [spec.sink]),
    ],
    reconcile,
    log,
  });
  return {
    ...controller,
    stop: async () => {
      await controller.stop();
      for (const { stop } of clocks.values()) stop();
      clocks.clear();
      ended.abort();
      await Promise.all(sending);
    },
  };
};

interface Clock {
  uid: string;
  spec: object;
  sink: string;
  stop(): void;
}

const readSchedule = ({ spec }: KubeObject): Schedule | { reason: string } => {
  try {
    return parseSchedule(spec.schedule ?? '* * * * *', spec.timezone);
  } catch (error) {
    return { reason: (error as Error).message };
  }
};

const conditionsOf = conditionSet(['Deployed', 'OIDCIdentityCreated', 'SinkProvided']);

const statusOf = (source: KubeObject, sink: Resolved, schedule: Schedule | { reason: string }) => {
  const conditions = conditionsOf(source.status?.conditions as Condition[] | undefined);
  conditions.markTrue('OIDCIdentityCreated', oidcDisabled);
  if (sink.url === undefined) markUnresolved(conditions, 'SinkProvided', 'NotFound', sink, sink.reason);
  else conditions.markTrue('SinkProvided');
  // admission has refused it, unless it was stored by an older runtime
  if ('reason' in schedule) conditions.markFalse('Deployed', 'InvalidSchedule', schedule.reason);
  else conditions.markTrue('Deployed');
  return {
    conditions: conditions.list(),
    sinkUri: sink.url,
    ceAttributes: [{ type: pingType, source: pingSourceOf(source) }],
  };
};
