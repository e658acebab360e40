import * as z from 'zod';
import { sameJson } from '../../store/json.ts';
import { reference, referenceFlaws } from '../destination.ts';
import { flawed, missing, via } from '../flaw.ts';
import { defineKind } from '../kind-admission.ts';
import { anyStatus, kubeObject } from '../metadata.ts';
import { dns1123Subdomain } from '../names.ts';
import { defaultDelivery, delivery, deliveryFlaws, deliveryWarnings } from './delivery.ts';

export const classAnnotation = 'eventing.knative.dev/broker.class';
const defaultClass = 'Kafka';

export const broker = defineKind({
  schema: kubeObject('eventing.knative.dev/v1', 'Broker', {
    spec: z.strictObject({ config: reference.optional(), delivery: delivery.optional() }).optional(),
    status: anyStatus,
  }),
  name: dns1123Subdomain,
  defaults: (object) => {
    const { namespace, annotations } = object.metadata;
    const config = object.spec?.config;
    return {
      ...object,
      metadata: {
        ...object.metadata,
        annotations: { ...annotations, [classAnnotation]: annotations?.[classAnnotation] || defaultClass },
      },
      spec: {
        ...(config && { config: { ...config, namespace: config.namespace || namespace } }),
        ...defaultDelivery(object.spec?.delivery, namespace),
      },
    };
  },
  rules: ({ metadata, spec }, { old }) => {
    const kind = metadata.annotations?.[classAnnotation];
    const moved = old && !sameJson(old.spec?.config, spec?.config);
    return [
      ...(kind ? [] : [missing(['metadata', 'annotations', classAnnotation])]),
      ...(spec?.config ? via(['spec', 'config'], referenceFlaws(spec.config)) : []),
      ...via(['spec', 'delivery'], deliveryFlaws(spec?.delivery)),
      ...(moved ? [flawed('Immutable fields changed (-old +new)', ['spec', 'config'])] : []),
      ...(old && old.metadata.annotations?.[classAnnotation] !== kind
        ? [flawed('Immutable annotations changed (-old +new)', ['metadata', 'annotations', classAnnotation])]
        : []),
    ];
  },
  warnings: ({ spec }) => deliveryWarnings(spec?.delivery, 'spec.delivery'),
});
