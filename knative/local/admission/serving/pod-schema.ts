import * as z from 'zod';
import { strings } from '../metadata.ts';

/** Taken as it stands: the runtime honours none of it. */
const unread = z.record(z.string(), z.unknown());
const unreadList = z.array(unread);

const keyOf = z.strictObject({ name: z.string(), key: z.string(), optional: z.boolean().optional() });

const environment = z.array(
  z.strictObject({
    name: z.string(),
    value: z.string().optional(),
    valueFrom: z
      .strictObject({
        secretKeyRef: keyOf.optional(),
        configMapKeyRef: keyOf.optional(),
        fieldRef: z.strictObject({ apiVersion: z.string().optional(), fieldPath: z.string() }).optional(),
      })
      .optional(),
  }),
);

const whole = z.strictObject({ name: z.string(), optional: z.boolean().optional() });

const environmentFrom = z.array(
  z.strictObject({
    prefix: z.string().optional(),
    configMapRef: whole.optional(),
    secretRef: whole.optional(),
  }),
);

const port = z.union([z.int(), z.string()]);

export const probe = z.strictObject({
  httpGet: z
    .strictObject({
      path: z.string().optional(),
      port: port.optional(),
      host: z.string().optional(),
      scheme: z.enum(['HTTP', 'HTTPS']).optional(),
      httpHeaders: z.array(z.strictObject({ name: z.string(), value: z.string() })).optional(),
    })
    .optional(),
  tcpSocket: z.strictObject({ port: port.optional(), host: z.string().optional() }).optional(),
  exec: z.strictObject({ command: z.array(z.string()).optional() }).optional(),
  grpc: z.strictObject({ port: z.int().optional(), service: z.string().optional() }).optional(),
  initialDelaySeconds: z.int().optional(),
  periodSeconds: z.int().optional(),
  timeoutSeconds: z.int().optional(),
  successThreshold: z.int().optional(),
  failureThreshold: z.int().optional(),
  terminationGracePeriodSeconds: z.int().optional(),
});

const quantity = z.union([z.string(), z.number()]);

const securityContext = z.strictObject({
  allowPrivilegeEscalation: z.boolean().optional(),
  capabilities: z
    .strictObject({ add: z.array(z.string()).optional(), drop: z.array(z.string()).optional() })
    .optional(),
  privileged: z.boolean().optional(),
  readOnlyRootFilesystem: z.boolean().optional(),
  runAsGroup: z.int().optional(),
  runAsNonRoot: z.boolean().optional(),
  runAsUser: z.int().optional(),
  seccompProfile: z.strictObject({ type: z.string(), localhostProfile: z.string().optional() }).optional(),
});

export const container = z.strictObject({
  name: z.string().optional(),
  image: z.string().optional(),
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).optional(),
  workingDir: z.string().optional(),
  env: environment.optional(),
  envFrom: environmentFrom.optional(),
  ports: z
    .array(
      z.strictObject({
        name: z.string().optional(),
        containerPort: z.int().optional(),
        protocol: z.string().optional(),
      }),
    )
    .optional(),
  volumeMounts: z
    .array(
      z.strictObject({
        name: z.string(),
        mountPath: z.string().optional(),
        subPath: z.string().optional(),
        readOnly: z.boolean().optional(),
      }),
    )
    .optional(),
  readinessProbe: probe.optional(),
  livenessProbe: probe.optional(),
  startupProbe: probe.optional(),
  resources: z
    .strictObject({
      requests: z.record(z.string(), quantity).optional(),
      limits: z.record(z.string(), quantity).optional(),
      claims: unreadList.optional(),
    })
    .optional(),
  securityContext: securityContext.optional(),
  imagePullPolicy: z.enum(['Always', 'Never', 'IfNotPresent']).optional(),
  terminationMessagePath: z.string().optional(),
  terminationMessagePolicy: z.string().optional(),
});

const items = z.array(z.strictObject({ key: z.string(), path: z.string(), mode: z.int().optional() }));
const optional = z.boolean().optional();

export const volume = z.strictObject({
  name: z.string().optional(),
  secret: z
    .strictObject({
      secretName: z.string().optional(),
      items: items.optional(),
      defaultMode: z.int().optional(),
      optional,
    })
    .optional(),
  configMap: z
    .strictObject({
      name: z.string().optional(),
      items: items.optional(),
      defaultMode: z.int().optional(),
      optional,
    })
    .optional(),
  projected: z
    .strictObject({
      sources: z
        .array(
          z.strictObject({
            secret: z
              .strictObject({ name: z.string().optional(), items: items.optional(), optional })
              .optional(),
            configMap: z
              .strictObject({ name: z.string().optional(), items: items.optional(), optional })
              .optional(),
          }),
        )
        .optional(),
      defaultMode: z.int().optional(),
    })
    .optional(),
  emptyDir: z.strictObject({ medium: z.string().optional(), sizeLimit: quantity.optional() }).optional(),
});

export const revisionSpec = z.strictObject({
  containers: z.array(container).optional(),
  volumes: z.array(volume).optional(),
  containerConcurrency: z.int().optional(),
  timeoutSeconds: z.int().optional(),
  responseStartTimeoutSeconds: z.int().optional(),
  idleTimeoutSeconds: z.int().optional(),
  serviceAccountName: z.string().optional(),
  enableServiceLinks: z.boolean().optional(),
  automountServiceAccountToken: z.boolean().optional(),
  imagePullSecrets: z.array(z.strictObject({ name: z.string().optional() })).optional(),
  affinity: unread.optional(),
  dnsConfig: unread.optional(),
  dnsPolicy: z.string().optional(),
  hostAliases: unreadList.optional(),
  nodeSelector: strings.optional(),
  priorityClassName: z.string().optional(),
  runtimeClassName: z.string().optional(),
  schedulerName: z.string().optional(),
  securityContext: unread.optional(),
  shareProcessNamespace: z.boolean().optional(),
  tolerations: unreadList.optional(),
  topologySpreadConstraints: unreadList.optional(),
});

export type RevisionSpec = z.infer<typeof revisionSpec>;
export type Container = z.infer<typeof container>;
export type Probe = z.infer<typeof probe>;
export type Volume = z.infer<typeof volume>;
