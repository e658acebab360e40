import * as z from 'zod';
import { destination, destinationFlaws, reference, withNamespace } from '../destination.ts';
import { disallowed, type Flaw, flawed, missing, severalOf, via } from '../flaw.ts';
import { defineKind } from '../kind-admission.ts';
import { anyStatus, kubeObject, strings } from '../metadata.ts';
import { dns1123Subdomain } from '../names.ts';
import { defaultDelivery, delivery, deliveryFlaws, deliveryWarnings } from './delivery.ts';
import { attributeFlaws, filter, filterFlaws, filterWarnings } from './filters.ts';

export const brokerLabel = 'eventing.knative.dev/broker';
const dependencyAnnotation = 'knative.dev/dependency';
const injectionAnnotation = 'eventing.knative.dev/injection';

export const trigger = defineKind({
  schema: kubeObject('eventing.knative.dev/v1', 'Trigger', {
    spec: z
      .strictObject({
        broker: z.string().optional(),
        brokerRef: reference.optional(),
        filter: z.strictObject({ attributes: strings.optional() }).optional(),
        filters: z.array(filter).optional(),
        subscriber: destination.optional(),
        delivery: delivery.optional(),
      })
      .optional(),
    status: anyStatus,
  }),
  name: dns1123Subdomain,
  defaults: (object) => {
    const { namespace, labels } = object.metadata;
    const { subscriber, delivery: own, ...spec } = object.spec ?? {};
    return {
      ...object,
      metadata: {
        ...object.metadata,
        ...(spec.broker && { labels: { ...labels, [brokerLabel]: spec.broker } }),
      },
      spec: {
        ...spec,
        filter: spec.filter ?? {},
        ...(subscriber && { subscriber: withNamespace(subscriber, namespace) }),
        ...defaultDelivery(own, namespace),
      },
    };
  },
  rules: ({ metadata, spec = {} }, { old }) => [
    ...via(['spec'], brokerFlaws(spec)),
    ...attributeFlaws(['spec', 'filter', 'attributes'], spec.filter?.attributes),
    ...(spec.filters ?? []).flatMap((one, index) => via(['spec', 'filters', index], filterFlaws(one))),
    ...via(['spec', 'subscriber'], destinationFlaws(spec.subscriber)),
    ...via(['spec', 'delivery'], deliveryFlaws(spec.delivery)),
    ...annotationFlaws(metadata.annotations ?? {}, metadata.namespace, spec.broker),
    ...(old && old.spec?.broker !== spec.broker
      ? [flawed('Immutable fields changed (-old +new)', ['spec', 'broker'])]
      : []),
  ],
  warnings: ({ spec = {} }) => [
    ...(spec.filters ?? []).flatMap((one, index) => filterWarnings(one, ['spec', 'filters', index])),
    ...deliveryWarnings(spec.delivery, 'spec.delivery'),
  ],
});

const brokerFlaws = ({
  broker,
  brokerRef,
}: {
  broker?: string | undefined;
  brokerRef?: object | undefined;
}): Flaw[] => {
  if (brokerRef && broker) return [severalOf(['broker'], ['brokerRef'])];
  if (brokerRef) return [disallowed(['brokerRef'])];
  return broker ? [] : [missing(['broker'])];
};

const annotationFlaws = (
  annotations: Record<string, string>,
  namespace: string | undefined,
  broker: string | undefined,
): Flaw[] => {
  const [dependency, injection] = [annotations[dependencyAnnotation], annotations[injectionAnnotation]];
  const path = ['metadata', 'annotations'];
  const wrongInjection =
    injection !== 'enabled' && injection !== 'disabled'
      ? `The provided injection annotation value can only be "enabled" or "disabled", not "${injection}"`
      : broker !== 'default'
        ? `The provided injection annotation is only used for default broker, but non-default broker specified here: "${broker}"`
        : undefined;
  return [
    ...(dependency === undefined
      ? []
      : via([...path, dependencyAnnotation], dependencyFlaws(dependency, namespace))),
    ...(injection !== undefined && wrongInjection
      ? [flawed(wrongInjection, [...path, injectionAnnotation])]
      : []),
  ];
};

const dependencyFlaws = (text: string, namespace: string | undefined): Flaw[] => {
  const parsed = parseObject(text);
  if (!parsed)
    return [flawed(`The provided annotation was not a corev1.ObjectReference: ${JSON.stringify(text)}`, [])];
  return [
    ...(parsed.namespace && parsed.namespace !== namespace
      ? [flawed(`Namespace must be empty or equal to the trigger namespace "${namespace}"`, ['namespace'])]
      : []),
    ...['kind', 'name', 'apiVersion'].filter((field) => !parsed[field]).map((field) => missing([field])),
  ];
};

const parseObject = (text: string): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
};
