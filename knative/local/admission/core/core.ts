import * as z from 'zod';
import { sameJson } from '../../store/json.ts';
import { type Flaw, misshapen } from '../flaw.ts';
import { defineKind } from '../kind-admission.ts';
import { kubeObject, strings } from '../metadata.ts';
import { configKey, dns1035Label, dns1123Label, dns1123Subdomain } from '../names.ts';

const statusOnly = { status: z.record(z.string(), z.unknown()).optional() };

export const namespace = defineKind({
  schema: kubeObject('v1', 'Namespace', {
    spec: z.strictObject({ finalizers: z.array(z.string()).optional() }).optional(),
    ...statusOnly,
  }),
  name: dns1123Label,
  defaults: (object) => ({ ...object, status: { phase: 'Active' } }),
});

export const configMap = defineKind({
  schema: kubeObject('v1', 'ConfigMap', {
    data: strings.optional(),
    binaryData: strings.optional(),
    immutable: z.boolean().optional(),
  }),
  name: dns1123Subdomain,
  rules: (object, { old }) => [
    ...keyFlaws('data', object.data),
    ...keyFlaws('binaryData', object.binaryData),
    ...base64Flaws('binaryData', object.binaryData),
    ...(old?.immutable &&
    !sameJson([object.data, object.binaryData, object.immutable], [old.data, old.binaryData, true])
      ? [misshapen('Forbidden: field is immutable when `immutable` is set', ['data'])]
      : []),
  ],
});

export const secret = defineKind({
  schema: kubeObject('v1', 'Secret', {
    type: z.string().optional(),
    data: strings.optional(),
    stringData: strings.optional(),
    immutable: z.boolean().optional(),
  }),
  name: dns1123Subdomain,
  defaults: ({ stringData, ...object }) => {
    const encoded = Object.entries(stringData ?? {}).map(([key, value]) => [
      key,
      Buffer.from(value).toString('base64'),
    ]);
    const data = stringData ? { ...object.data, ...Object.fromEntries(encoded) } : object.data;
    return { ...object, ...(data && { data }), type: object.type ?? 'Opaque' };
  },
  rules: (object, { old }) => [
    ...keyFlaws('data', object.data),
    ...base64Flaws('data', object.data),
    ...(old && old.type !== object.type
      ? [misshapen(`Invalid value: ${JSON.stringify(object.type)}: field is immutable`, ['type'])]
      : []),
    ...(old?.immutable && !sameJson([object.data, object.immutable], [old.data, true])
      ? [misshapen('Forbidden: field is immutable when `immutable` is set', ['data'])]
      : []),
  ],
});

const keyFlaws = (field: string, data: Record<string, string> | undefined): Flaw[] =>
  Object.keys(data ?? {}).flatMap((key) =>
    configKey(key).map((message) =>
      misshapen(`Invalid value: ${JSON.stringify(key)}: ${message}`, [field, key]),
    ),
  );

const base64Flaws = (field: string, data: Record<string, string> | undefined): Flaw[] =>
  Object.entries(data ?? {}).flatMap(([key, value]) =>
    isBase64(value)
      ? []
      : [misshapen('Invalid value: not base64 (stringData takes plain text)', [field, key])],
  );

const isBase64 = (value: string) =>
  /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value.replace(/[\r\n]/g, ''));

const portOrName = z.union([z.int(), z.string()]);

export const coreService = defineKind({
  schema: kubeObject('v1', 'Service', {
    spec: z
      .strictObject({
        type: z.enum(['ClusterIP', 'ExternalName', 'NodePort', 'LoadBalancer']).optional(),
        externalName: z.string().optional(),
        selector: strings.optional(),
        clusterIP: z.string().optional(),
        clusterIPs: z.array(z.string()).optional(),
        ipFamilies: z.array(z.string()).optional(),
        ipFamilyPolicy: z.string().optional(),
        internalTrafficPolicy: z.string().optional(),
        sessionAffinity: z.string().optional(),
        publishNotReadyAddresses: z.boolean().optional(),
        ports: z
          .array(
            z.strictObject({
              name: z.string().optional(),
              port: z.int(),
              targetPort: portOrName.optional(),
              protocol: z.enum(['TCP', 'UDP', 'SCTP']).optional(),
              appProtocol: z.string().optional(),
              nodePort: z.int().optional(),
            }),
          )
          .optional(),
      })
      .optional(),
    ...statusOnly,
  }),
  name: dns1035Label,
  defaults: (object) => ({ ...object, spec: { ...object.spec, type: object.spec?.type ?? 'ClusterIP' } }),
  rules: ({ spec }) =>
    spec?.type === 'ExternalName' && !spec.externalName
      ? [misshapen('Required value', ['spec', 'externalName'])]
      : [],
  warnings: () => [
    'a Service of the core group is kept but routes nothing: Knative Services have addresses of their own',
  ],
});

const reference = z.strictObject({
  apiVersion: z.string().optional(),
  kind: z.string().optional(),
  name: z.string().optional(),
  namespace: z.string().optional(),
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
  fieldPath: z.string().optional(),
});

export const event = defineKind({
  schema: kubeObject('v1', 'Event', {
    involvedObject: reference,
    reason: z.string().optional(),
    message: z.string().optional(),
    type: z.string().optional(),
    source: z.strictObject({ component: z.string().optional(), host: z.string().optional() }).optional(),
    firstTimestamp: z.string().optional(),
    lastTimestamp: z.string().optional(),
    count: z.int().optional(),
    eventTime: z.string().optional(),
    series: z.strictObject({ count: z.int().optional(), lastObservedTime: z.string().optional() }).optional(),
    action: z.string().optional(),
    related: reference.optional(),
    reportingComponent: z.string().optional(),
    reportingInstance: z.string().optional(),
  }),
  name: dns1123Subdomain,
});
