import { type Controller, createController, keyOf, splitKey } from '../../store/controller.ts';
import { sameJson } from '../../store/json.ts';
import type { KubeObject, Log, NewObject, Store } from '../../store/types.ts';
import { edit, editStatus, observed } from './edit.ts';
import { configurationKind, routeKind, serviceKind } from './names.ts';
import { isControlledBy } from './owner.ts';
import type { Recorder } from './record.ts';
import { namedRevision } from './revision-of.ts';
import { configurationOf, routeOf } from './service-children.ts';
import { type Children, serviceConditions, serviceStatus } from './service-status.ts';

interface Means {
  store: Store;
  log: Log;
  recorder: Recorder;
}

/** Keeps a Service's Configuration and Route as it wants them, and its status as they say. */
export const serviceController = ({ store, log, recorder }: Means): Controller => {
  const reconcile = async (key: string) => {
    const { namespace, name } = splitKey(key);
    const service = store.get(serviceKind, namespace, name);
    if (!service) return;
    const children = await bringUp(service);
    await editStatus(store, { kind: serviceKind, namespace, name }, (now) =>
      observed(now, 'notOwned' in children ? notOwned(now, children.notOwned) : serviceStatus(now, children)),
    );
  };

  const bringUp = async (
    service: KubeObject,
  ): Promise<Children | { notOwned: 'Configuration' | 'Route' }> => {
    const configuration = await keep(configurationKind, service, (standing) =>
      configurationOf(service, standing),
    );
    if (!configuration) return { notOwned: 'Configuration' };
    const named = namedRevision(store, configuration);
    if (named === 'taken')
      return { configuration, route: undefined, nameTaken: configuration.spec.template.metadata.name };
    const waits =
      named !== undefined && configuration.status?.observedGeneration !== configuration.metadata.generation;
    if (waits) return { configuration, route: undefined };
    const route = await keep(routeKind, service, () => routeOf(service));
    return route ? { configuration, route } : { notOwned: 'Route' };
  };

  /** Makes or mends a child of the Service's name; undefined where one of that name is another's. */
  const keep = async (
    kind: string,
    service: KubeObject,
    wanted: (standing: KubeObject | undefined) => NewObject,
  ): Promise<KubeObject | undefined> => {
    const { name, namespace = '' } = service.metadata;
    const standing = store.get(kind, namespace, name);
    if (!standing) {
      const made = await store.create(wanted(undefined));
      recorder.record(service, 'Normal', 'Created', `Created ${made.kind} "${name}"`);
      return made;
    }
    if (!isControlledBy(standing, service)) return undefined;
    const mended = await edit(store, { kind, namespace, name }, (now) => {
      const { spec, metadata } = wanted(now);
      const { labels = {}, annotations = {} } = metadata;
      const same = sameJson(
        [spec, labels, annotations],
        [now.spec, now.metadata.labels ?? {}, now.metadata.annotations ?? {}],
      );
      return same ? now : { ...now, spec, metadata: { ...now.metadata, labels, annotations } };
    });
    return mended ?? standing;
  };

  // a Configuration and a Route are called what their Service is called
  const sameName = (object: KubeObject) => [keyOf(object)];
  return createController({
    name: 'service-controller',
    store,
    watches: [
      { kind: serviceKind, keys: sameName },
      { kind: configurationKind, keys: sameName },
      { kind: routeKind, keys: sameName },
    ],
    reconcile,
    log,
  });
};

const notOwned = (service: KubeObject, kind: 'Configuration' | 'Route'): object => {
  const conditions = serviceConditions(service.status?.conditions);
  const type = kind === 'Configuration' ? 'ConfigurationsReady' : 'RoutesReady';
  const message = `There is an existing ${kind} "${service.metadata.name}" that we do not own.`;
  conditions.markFalse(type, 'NotOwned', message);
  return { ...service.status, conditions: conditions.list() };
};
