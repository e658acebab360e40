import { type Condition, conditionSet } from '../store/conditions.ts';
import { type Controller, createController, keyOf, splitKey } from '../store/controller.ts';
import { sameJson } from '../store/json.ts';
import { StatusError } from '../store/status-error.ts';
import type { KubeObject, Log, Store } from '../store/types.ts';
import { bindingsOf, boundBy, isSubject, sinkBindingMutator } from './bind-sink.ts';
import { resolveDestination } from './destination.ts';
import { servingService, sinkBinding } from './kinds.ts';
import { markUnresolved } from './mark-unresolved.ts';
import { oidcDisabled } from './oidc.ts';
import { watchDestinations } from './watch-destinations.ts';
import { writeStatus } from './write-status.ts';

const conditionsOf = conditionSet([
  'SinkBindingAvailable',
  'SinkProvided',
  'OIDCIdentityCreated',
  'OIDCTokenSecretCreated',
  'TrustBundlePropagated',
]);

/** Brings standing Services to what their admission would make of them now, and writes the bindings' statuses. */
export const sinkBindingController = ({ store, log }: { store: Store; log: Log }): Controller => {
  const bindingKeys = (service: KubeObject) => {
    const { namespace, annotations } = service.metadata;
    const giver = annotations?.[boundBy];
    return [...bindingsOf(store, service).map(keyOf), ...(giver ? [`${namespace}/${giver}`] : [])];
  };

  const reconcile = async (key: string) => {
    const { namespace, name } = splitKey(key);
    const binding = store.get(sinkBinding, namespace, name);
    const touched = store
      .list(servingService, namespace)
      .filter(
        ({ metadata }) =>
          metadata.annotations?.[boundBy] === name || (binding && isSubject(binding, metadata)),
      );
    const refused = await admitAgain(touched);
    if (binding) await writeStatus(store, binding, statusOf(store, binding, refused));
  };

  const admitAgain = async (services: KubeObject[]): Promise<StatusError | undefined> => {
    let refused: StatusError | undefined;
    for (const service of services) {
      const wanted = sinkBindingMutator({ kind: servingService, object: service, read: store });
      if (sameJson(wanted, service)) continue;
      try {
        await store.update(wanted);
      } catch (error) {
        if (!(error instanceof StatusError && refusals.includes(error.reason))) throw error;
        refused = error;
      }
    }
    return refused;
  };

  return createController({
    name: 'sinkbinding',
    store,
    watches: [
      { kind: sinkBinding, keys: (binding) => [keyOf(binding)] },
      { kind: servingService, keys: bindingKeys },
      ...watchDestinations(store, sinkBinding, ({ spec }) => [spec.sink]),
    ],
    reconcile,
    log,
  });
};

/** Admission's no, by schema or by webhook; anything else may go better another time. */
const refusals = ['Invalid', 'BadRequest'];

const statusOf = (store: Store, binding: KubeObject, refused: StatusError | undefined) => {
  const { spec, metadata, status } = binding;
  const namespace = metadata.namespace ?? '';
  const conditions = conditionsOf(status?.conditions as Condition[] | undefined);
  conditions.markTrue('OIDCIdentityCreated', oidcDisabled);
  conditions.markTrue('OIDCTokenSecretCreated', oidcDisabled);
  conditions.markTrue('TrustBundlePropagated');
  const sink = resolveDestination(store, spec.sink, namespace);
  if (sink.url !== undefined) conditions.markTrue('SinkProvided');
  else {
    const message = `Addressable could not be extracted from destination: ${sink.reason}`;
    markUnresolved(conditions, 'SinkProvided', 'NoAddressable', sink, message);
  }
  if (refused) conditions.markFalse('SinkBindingAvailable', 'BindingFailed', refused.message);
  else if (subjectMissing(store, binding)) {
    const message = `services.serving.knative.dev "${spec.subject.name}" not found`;
    conditions.markFalse('SinkBindingAvailable', 'SubjectMissing', message);
  } else conditions.markTrue('SinkBindingAvailable');
  return { conditions: conditions.list(), sinkUri: sink.url ?? status?.sinkUri };
};

const subjectMissing = (store: Store, { spec, metadata }: KubeObject): boolean =>
  spec.subject.name !== undefined && !store.get(servingService, metadata.namespace, spec.subject.name);
