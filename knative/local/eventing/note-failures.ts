import { readyOf } from '../store/conditions.ts';
import type { Kind, KubeObject, Reader, Store } from '../store/types.ts';
import { brokerKind, kafkaSource, pingSource, sinkBinding, triggerKind } from './kinds.ts';

/** Notes Kubernetes Events about objects; never throws, never waits. */
export interface Recorder {
  record(about: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void;
}

/** Recorders that sign with the name of a component. */
export interface Recorders {
  as(component: string): Recorder;
}

/** Of a delivery that failed for good. Knative's adapters use this reason, too. */
export const sendFailed = 'SinkSendFailed';

const components: Record<Kind, string> = {
  [brokerKind]: 'broker-controller',
  [triggerKind]: 'trigger-controller',
  [pingSource]: 'pingsource-controller',
  [kafkaSource]: 'kafkasource-controller',
  [sinkBinding]: 'sinkbinding-controller',
};

/** Notes on each object of eventing why it is not ready, whenever that changes, until the answer is called. */
export const noteFailures = (store: Pick<Store, 'watch'>, events: Recorders): (() => void) => {
  const stops = Object.entries(components).map(([kind, component]) => {
    const recorder = events.as(component);
    return store.watch(kind, undefined, ({ type, object, old }) => {
      const failure = type === 'DELETED' ? undefined : failureOf(object);
      if (!failure || failure.text === failureOf(old)?.text) return;
      recorder.record(object, 'Warning', failure.reason, failure.message);
    });
  });
  return () => {
    for (const stop of stops) stop();
  };
};

const failureOf = (object: KubeObject | undefined) => {
  const ready = readyOf(object);
  if (ready?.status !== 'False') return undefined;
  const { reason = '', message = '' } = ready;
  // A reason of an Event is one word.
  return {
    reason: /^\w+$/.test(reason) ? reason : 'NotReady',
    message: message || reason,
    text: reason + message,
  };
};

/** Notes a delivery that failed for good on the object for which it was made, if that still stands. */
export const noteDelivery = (
  store: Pick<Reader, 'get'>,
  recorder: Recorder,
  { kind, namespace, name }: { kind: Kind; namespace: string; name: string },
  { to, url, reason = '' }: { to: string; url: string; reason?: string | undefined },
): void => {
  const about = store.get(kind, namespace, name);
  if (about)
    recorder.record(about, 'Warning', sendFailed, `The ${to} ${url} did not take an event: ${reason}`);
};
