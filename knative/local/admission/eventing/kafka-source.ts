import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { destination, destinationFlaws, withNamespace } from '../destination.ts';
import { flawed, invalidValue, missing, via } from '../flaw.ts';
import { defineKind } from '../kind-admission.ts';
import { anyStatus, kubeObject } from '../metadata.ts';
import { dns1123Subdomain } from '../names.ts';
import { defaultDelivery, delivery, deliveryFlaws, deliveryWarnings } from './delivery.ts';
import { isService, mayBeService, serversOf } from './kafka-servers.ts';
import { overrideFlaws, overrides } from './overrides.ts';

/** Partitions of a topic that does not stand yet. */
export const partitionsAnnotation = 'kagari.dev/topic-partitions';
const keyTypeLabel = 'kafkasources.sources.knative.dev/key-type';

const secretKey = z.strictObject({
  secretKeyRef: z
    .strictObject({ name: z.string(), key: z.string(), optional: z.boolean().optional() })
    .optional(),
});

export const kafkaSource = defineKind({
  schema: kubeObject('sources.knative.dev/v1', 'KafkaSource', {
    spec: z
      .strictObject({
        consumers: z.int().optional(),
        bootstrapServers: z.array(z.string()).optional(),
        net: z
          .strictObject({
            sasl: z
              .strictObject({
                enable: z.boolean().optional(),
                user: secretKey.optional(),
                password: secretKey.optional(),
                type: secretKey.optional(),
              })
              .optional(),
            tls: z
              .strictObject({
                enable: z.boolean().optional(),
                cert: secretKey.optional(),
                key: secretKey.optional(),
                caCert: secretKey.optional(),
              })
              .optional(),
          })
          .optional(),
        topics: z.array(z.string()).optional(),
        consumerGroup: z.string().optional(),
        initialOffset: z.string().optional(),
        ordering: z.string().optional(),
        delivery: delivery.optional(),
        sink: destination.optional(),
        ceOverrides: overrides.optional(),
      })
      .optional(),
    status: anyStatus,
  }),
  name: dns1123Subdomain,
  defaults: (object, { old }) => {
    const { delivery: own, sink, ...spec } = object.spec ?? {};
    const { namespace } = object.metadata;
    return {
      ...object,
      spec: {
        ...spec,
        consumerGroup:
          spec.consumerGroup || old?.spec?.consumerGroup || `knative-kafka-source-${randomUUID()}`,
        consumers: spec.consumers ?? 1,
        initialOffset: spec.initialOffset || 'latest',
        ordering: spec.ordering ?? 'ordered',
        ...(sink && { sink: withNamespace(sink, namespace) }),
        ...defaultDelivery(own, namespace),
      },
    };
  },
  rules: ({ metadata, spec = {} }, { old }) => {
    const { topics = [], bootstrapServers = [], initialOffset = '', ordering = '', consumerGroup } = spec;
    const { consumers = 1 } = spec;
    const made = metadata.annotations?.[partitionsAnnotation];
    return [
      ...(made === undefined || /^[1-9]\d{0,3}$/.test(made)
        ? []
        : [invalidValue(made, ['metadata', 'annotations', partitionsAnnotation])]),
      ...(consumers < 0 ? [invalidValue(consumers, ['spec', 'consumers'])] : []),
      ...via(['spec', 'sink'], destinationFlaws(spec.sink)),
      ...(topics.length === 0 ? [missing(['spec', 'topics'])] : []),
      ...(bootstrapServers.length === 0 ? [missing(['spec', 'bootstrapServers'])] : []),
      ...(['earliest', 'latest'].includes(initialOffset)
        ? []
        : [invalidValue(initialOffset, ['spec', 'initialOffset'])]),
      ...(['ordered', 'unordered'].includes(ordering) ? [] : [invalidValue(ordering, ['spec', 'ordering'])]),
      ...via(['spec', 'delivery'], deliveryFlaws(spec.delivery)),
      ...via(['spec', 'ceOverrides'], overrideFlaws(spec.ceOverrides)),
      ...(old && old.spec?.consumerGroup !== consumerGroup
        ? [flawed('Immutable fields changed (-old +new)', ['spec'])]
        : []),
    ];
  },
  warnings: ({ metadata, spec }) => [
    ...serversOf(spec?.bootstrapServers ?? []).flatMap(serverWarnings),
    ...(spec?.net?.sasl || spec?.net?.tls
      ? ['spec.net is not used here: TLS and SASL are not spoken, and a Kafka that needs them is not dialled']
      : []),
    ...(['string', undefined].includes(metadata.labels?.[keyTypeLabel])
      ? []
      : [`the label ${keyTypeLabel} is not used here: keys are text`]),
    ...deliveryWarnings(spec?.delivery, 'spec.delivery'),
  ],
});

const serverWarnings = (server: string): string[] => {
  if (isService(server))
    return [
      `spec.bootstrapServers: ${server} is a Service of the cluster; here the topics are those of the runtime's own event log`,
    ];
  return mayBeService(server)
    ? [
        `spec.bootstrapServers: ${server} is dialled as it stands; a Service of the cluster is NAME.NAMESPACE.svc here`,
      ]
    : [];
};
