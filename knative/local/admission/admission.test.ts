import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { kindOf, kinds } from '../store/kinds.ts';
import { createMemory } from '../store/memory.ts';
import { StatusError } from '../store/status-error.ts';
import type { KubeObject, NewObject } from '../store/types.ts';
import { createAdmission, examine, type Mutator } from './admission.ts';
import { admissionOf } from './kinds.ts';
import { pruneUnknown } from './prune.ts';

const world = createMemory();
const stored = (object: NewObject) =>
  ({
    ...object,
    metadata: { uid: 'u', resourceVersion: '1', creationTimestamp: '', ...object.metadata },
  }) as KubeObject;
world.apply([
  {
    kind: 'Namespace',
    now: stored({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }),
    revision: 1,
  },
]);

const admit = (object: NewObject, old?: NewObject, options: { user?: string; mutators?: Mutator[] } = {}) => {
  const warnings: string[] = [];
  const kind = kindOf(object);
  const admitted = createAdmission({ mutators: options.mutators ?? [] })({
    kind,
    object,
    ...(old && { old: stored(old) }),
    read: world,
    user: options.user,
    warn: (warning) => warnings.push(warning),
  });
  return { admitted, warnings };
};

const refused = (object: NewObject, old?: NewObject): StatusError => {
  try {
    admit(object, old);
  } catch (error) {
    if (error instanceof StatusError) return error;
    throw error;
  }
  throw new Error('it was admitted');
};

const service = (container: object = {}, spec: object = {}, template: object = {}): NewObject => ({
  apiVersion: 'serving.knative.dev/v1',
  kind: 'Service',
  metadata: { name: 'orders', namespace: 'shop' },
  spec: {
    template: {
      ...template,
      spec: { containers: [{ image: 'dev.local/orders:dev', ...container }], ...spec },
    },
  },
});
const withTraffic = (...traffic: object[]) => {
  const object = service();
  return { ...object, spec: { ...object.spec, traffic } };
};
const annotated = (annotations: Record<string, string>) => service({}, {}, { metadata: { annotations } });
const knative =
  'admission webhook "validation.webhook.serving.knative.dev" denied the request: validation failed: ';

describe('defaults', () => {
  it("of a Service are what Knative's webhook makes", () => {
    expect(
      admit(
        service(
          { volumeMounts: [{ name: 'v', mountPath: '/v' }] },
          { volumes: [{ name: 'v', secret: { secretName: 's' } }] },
        ),
        undefined,
        { user: 'me' },
      ).admitted,
    ).toEqual({
      apiVersion: 'serving.knative.dev/v1',
      kind: 'Service',
      metadata: {
        name: 'orders',
        namespace: 'shop',
        annotations: { 'serving.knative.dev/creator': 'me', 'serving.knative.dev/lastModifier': 'me' },
      },
      spec: {
        template: {
          spec: {
            containerConcurrency: 0,
            timeoutSeconds: 300,
            enableServiceLinks: false,
            volumes: [{ name: 'v', secret: { secretName: 's' } }],
            containers: [
              {
                name: 'user-container',
                image: 'dev.local/orders:dev',
                resources: {},
                readinessProbe: { tcpSocket: { port: 0 }, successThreshold: 1 },
                volumeMounts: [{ name: 'v', mountPath: '/v', readOnly: true }],
              },
            ],
          },
        },
        traffic: [{ latestRevision: true, percent: 100 }],
      },
    });
  });

  it("of a probe with a period are Kubernetes'", () => {
    const { admitted } = admit(service({ readinessProbe: { httpGet: { path: '/live' }, periodSeconds: 5 } }));
    expect(admitted.spec.template.spec.containers[0].readinessProbe).toEqual({
      httpGet: { path: '/live', port: 0 },
      periodSeconds: 5,
      successThreshold: 1,
      failureThreshold: 3,
      timeoutSeconds: 1,
    });
  });

  it('the last modifier changes with the spec only', () => {
    const first = admit(service(), undefined, { user: 'a' }).admitted;
    expect(admit(first, first, { user: 'b' }).admitted).toEqual(first);
    const second = admit(
      { ...first, spec: withTraffic({ percent: 100, revisionName: 'orders-00001' }).spec },
      first,
      { user: 'b' },
    );
    expect(second.admitted.metadata.annotations).toMatchObject({
      'serving.knative.dev/creator': 'a',
      'serving.knative.dev/lastModifier': 'b',
    });
  });

  it('of eventing: class, label, namespaces, filter, schedule', () => {
    const trigger = admit({
      apiVersion: 'eventing.knative.dev/v1',
      kind: 'Trigger',
      metadata: { name: 't', namespace: 'shop' },
      spec: {
        broker: 'default',
        subscriber: { ref: { apiVersion: 'v1', kind: 'Service', name: 's' }, uri: '/x' },
      },
    }).admitted;
    expect(trigger.metadata.labels).toEqual({ 'eventing.knative.dev/broker': 'default' });
    expect(trigger.spec).toMatchObject({ filter: {}, subscriber: { ref: { namespace: 'shop' } } });
    const broker = admit({
      apiVersion: 'eventing.knative.dev/v1',
      kind: 'Broker',
      metadata: { name: 'b', namespace: 'shop' },
    });
    expect(broker.admitted.metadata.annotations).toEqual({ 'eventing.knative.dev/broker.class': 'Kafka' });
  });

  it("a Secret's stringData is encoded into data", () => {
    const { admitted } = admit({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's', namespace: 'shop' },
      data: { a: 'MQ==' },
      stringData: { b: 'ü' },
    });
    expect(admitted).toMatchObject({ type: 'Opaque', data: { a: 'MQ==', b: 'w7w=' } });
    expect(admitted).not.toHaveProperty('stringData');
  });

  it('change nothing when they are applied again', () => {
    for (const object of [
      service(),
      withTraffic({ percent: 100 }),
      annotated({ 'autoscaling.knative.dev/target': '5' }),
    ]) {
      const once = examine(object).admitted;
      expect(examine(once).admitted).toEqual(once);
    }
  });
});

describe('a field that does not exist', () => {
  it('is named with its path and what was probably meant', () => {
    const error = refused(service({ volumeMunts: [], imag: 'x' }, { containerConcurency: 1 }));
    expect([error.code, error.reason]).toEqual([400, 'BadRequest']);
    expect(error.message).toBe(
      'Service in version "v1" cannot be handled as a Service: strict decoding error: ' +
        'unknown field "spec.template.spec.containers[0].volumeMunts" (did you mean "volumeMounts"?), ' +
        'unknown field "spec.template.spec.containers[0].imag" (did you mean "image"?), ' +
        'unknown field "spec.template.spec.containerConcurency" (did you mean "containerConcurrency"?)',
    );
    expect(error.details.causes?.map((cause) => cause.field)).toEqual([
      'spec.template.spec.containers[0].volumeMunts',
      'spec.template.spec.containers[0].imag',
      'spec.template.spec.containerConcurency',
    ]);
  });

  it('is found inside recursive filters', () => {
    const error = refused({
      apiVersion: 'eventing.knative.dev/v1',
      kind: 'Trigger',
      metadata: { name: 't', namespace: 'shop' },
      spec: {
        broker: 'b',
        subscriber: { uri: 'http://x' },
        filters: [{ all: [{ not: { exakt: { a: 'b' } } }] }],
      },
    });
    expect(error.message).toContain(
      'unknown field "spec.filters[0].all[0].not.exakt" (did you mean "exact"?)',
    );
  });

  it('can be dropped instead', () => {
    const { object, unknown } = pruneUnknown(service({ imag: 1, env: [{ name: 'A', valu: '1' }] }));
    expect(unknown.sort()).toEqual([
      'spec.template.spec.containers[0].env[0].valu',
      'spec.template.spec.containers[0].imag',
    ]);
    expect(object.spec.template.spec.containers).toEqual([
      { image: 'dev.local/orders:dev', env: [{ name: 'A' }] },
    ]);
  });
});

describe('a wrong type', () => {
  it.each([
    [
      service({ env: [{ name: 'A', value: 1 }] }),
      'spec.template.spec.containers[0].env[0].value: Invalid value: expected string, got 1 (number): put it in quotes',
    ],
    [
      service({ imagePullPolicy: 'Alwys' }),
      'spec.template.spec.containers[0].imagePullPolicy: Unsupported value: "Alwys": supported values: "Always", "Never", "IfNotPresent"; did you mean "Always"?',
    ],
    [
      service({ readinessProbe: { httpGet: { port: true } } }),
      'spec.template.spec.containers[0].readinessProbe.httpGet.port: Invalid value: expected integer or string, got true (boolean)',
    ],
    [service({ env: [{ value: 'x' }] }), 'spec.template.spec.containers[0].env[0].name: Required value'],
    [{ ...service(), spec: [] as never }, 'spec: Invalid value: expected object, got list'],
    [
      withTraffic({ percent: 12.5 }),
      'spec.traffic[0].percent: Invalid value: expected integer, got 12.5 (number)',
    ],
  ])('is said with what was expected: %#', (object, message) => {
    const error = refused(object);
    expect([error.code, error.reason]).toEqual([422, 'Invalid']);
    expect(error.message).toBe(`Service.serving.knative.dev "orders" is invalid: ${message}`);
  });

  it('null is as good as absent', () => {
    const object = service({ resources: null });
    const { admitted } = admit({
      ...object,
      metadata: { ...object.metadata, creationTimestamp: null as never },
    });
    expect(admitted.metadata).toEqual(object.metadata);
  });
});

describe("Knative's rules, in its words", () => {
  it.each<[string, NewObject, string]>([
    [
      'traffic sums to 100',
      withTraffic({ percent: 50 }),
      'Traffic targets sum to 50, want 100: spec.traffic',
    ],
    [
      'a tag stands once',
      withTraffic({ percent: 100, tag: 'a' }, { revisionName: 'x', tag: 'a' }),
      'Multiple definitions for "a": spec.traffic[0].tag, spec.traffic[1].tag',
    ],
    [
      'revisionName or latestRevision',
      withTraffic({ percent: 100, latestRevision: true, revisionName: 'x' }),
      'may not set revisionName "x" when latestRevision is true: spec.traffic[0].latestRevision',
    ],
    [
      'no revision, not latest',
      withTraffic({ percent: 100, latestRevision: false }),
      'may not set revisionName "" when latestRevision is false: spec.traffic[0].latestRevision',
    ],
    [
      'no other configuration',
      withTraffic({ percent: 100, configurationName: 'c' }),
      'must not set the field(s): spec.traffic[0].configurationName',
    ],
    [
      'percent in bounds',
      withTraffic({ percent: 101 }, { percent: -1 }),
      'expected 0 <= -1 <= 100: spec.traffic[1].percent\nexpected 0 <= 101 <= 100: spec.traffic[0].percent',
    ],
    ['an image', service({ image: undefined }), 'missing field(s): spec.template.spec.containers[0].image'],
    [
      'a good image',
      service({ image: 'Dev.local/Orders' }),
      'Failed to parse image reference: spec.template.spec.containers[0].image\nimage: "Dev.local/Orders", error: could not parse reference: Dev.local/Orders: repository can only contain the characters `abcdefghijklmnopqrstuvwxyz0123456789_-./`: Orders',
    ],
    ['containers', service({}, { containers: [] }), 'missing field(s): spec.template.spec.containers'],
    [
      'one container',
      service({}, { containers: [{ image: 'a.b/cd' }, { image: 'a.b/ef' }] }),
      'exactly one container is served: put what the others do into Services of their own: spec.template.spec.containers',
    ],
    [
      'reserved variables',
      service({ env: [{ name: 'PORT', value: '1' }] }),
      '"PORT" is a reserved environment variable: spec.template.spec.containers[0].env[0].name',
    ],
    [
      'port names',
      service({ ports: [{ name: 'web' }] }),
      "Port name web is not allowed: spec.template.spec.containers[0].ports\nName must be empty, or one of: 'h2c', 'http1'",
    ],
    [
      'reserved ports',
      service({ ports: [{ containerPort: 8012 }] }),
      'invalid value: 8012 is a reserved port: spec.template.spec.containers[0].ports.containerPort\n8012 is a reserved port, please use a different value',
    ],
    [
      'one kind of probe',
      service({ readinessProbe: { tcpSocket: {}, httpGet: {} } }),
      'expected exactly one, got both: spec.template.spec.containers[0].readinessProbe.httpGet, spec.template.spec.containers[0].readinessProbe.tcpSocket',
    ],
    [
      "Knative's own probe period",
      service({ readinessProbe: { httpGet: {}, timeoutSeconds: 3 } }),
      'timeoutSeconds is disallowed when periodSeconds is zero: spec.template.spec.containers[0].readinessProbe.timeoutSeconds',
    ],
    [
      'a timeout in bounds',
      service({}, { timeoutSeconds: 601 }),
      'expected 0 <= 601 <= 600: spec.template.spec.timeoutSeconds',
    ],
    [
      'concurrency in bounds',
      service({}, { containerConcurrency: 1001 }),
      'expected 0 <= 1001 <= 1000: spec.template.spec.containerConcurrency',
    ],
    [
      'mounts have volumes',
      service({ volumeMounts: [{ name: 'v', mountPath: '/v' }] }),
      'volumeMount has no matching volume: spec.template.spec.containers[0].volumeMounts[0].name',
    ],
    [
      'volumes are mounted',
      service({}, { volumes: [{ name: 'v', configMap: { name: 'c' } }] }),
      'volume with name "v" not mounted: spec.template.spec.volumes[0].name',
    ],
    [
      'no zero initial scale',
      annotated({ 'autoscaling.knative.dev/initial-scale': '0' }),
      'invalid value: 0: spec.template.metadata.annotations.autoscaling.knative.dev/initial-scale=0 not allowed by cluster',
    ],
    [
      'max over min',
      annotated({ 'autoscaling.knative.dev/min-scale': '3', 'autoscaling.knative.dev/maxScale': '2' }),
      'max-scale=2 is less than min-scale=3: spec.template.metadata.annotations.autoscaling.knative.dev/max-scale, spec.template.metadata.annotations.autoscaling.knative.dev/min-scale',
    ],
    [
      'a window in bounds',
      annotated({ 'autoscaling.knative.dev/window': '5s' }),
      'expected 6s <= 5s <= 1h0m0s: spec.template.metadata.annotations.autoscaling.knative.dev/window',
    ],
    [
      'numbers',
      annotated({ 'autoscaling.knative.dev/target': 'many' }),
      'invalid value: many: spec.template.metadata.annotations.autoscaling.knative.dev/target',
    ],
    [
      'progress deadline',
      annotated({ 'serving.knative.dev/progress-deadline': '1.5s' }),
      'progress-deadline=1.5s is not at second precision: spec.template.metadata.annotations.serving.knative.dev/progress-deadline',
    ],
    [
      'revision names',
      service({}, {}, { metadata: { name: 'other-1' } }),
      'invalid value: "other-1" must have prefix "orders-": spec.template.metadata.name',
    ],
    [
      'scaling belongs to the template',
      {
        ...service(),
        metadata: {
          name: 'orders',
          namespace: 'shop',
          annotations: { 'autoscaling.knative.dev/min-scale': '1' },
        },
      },
      'invalid key name "autoscaling.knative.dev/min-scale": metadata.annotations\nautoscaling annotations must be put under "spec.template.metadata.annotations" to work',
    ],
    [
      'names',
      { ...service(), metadata: { name: '1orders', namespace: 'shop' } },
      "not a DNS 1035 label: [a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')]: metadata.name",
    ],
  ])('%s', (_, object, message) => {
    const error = refused(object);
    expect([error.code, error.reason]).toEqual([400, 'BadRequest']);
    expect(error.message).toBe(knative + message);
    expect(error.details.causes?.length).toBeGreaterThan(0);
  });

  it('all that is wrong is said at once', () => {
    const error = refused(service({ image: '', env: [{ name: 'PORT' }] }, { timeoutSeconds: -1 }));
    expect(error.details.causes).toHaveLength(3);
  });

  it('a Service is called what a DNS label can be', () => {
    const error = refused({ ...service(), metadata: { name: 'a'.repeat(64), namespace: 'shop' } });
    expect(error.message).toContain(
      'not a DNS 1035 label: [must be no more than 63 characters]: metadata.name',
    );
  });

  it('a named template does not change under its name', () => {
    const named = admit(service({}, {}, { metadata: { name: 'orders-a' } })).admitted;
    expect(
      refused(service({ image: 'dev.local/orders:v2' }, {}, { metadata: { name: 'orders-a' } }), named)
        .message,
    ).toContain('Saw the following changes without a name change (-old +new): spec.template.metadata.name');
  });

  it("a Revision's spec never changes", () => {
    const revision = {
      apiVersion: 'serving.knative.dev/v1',
      kind: 'Revision',
      metadata: { name: 'r', namespace: 'shop' },
      spec: service().spec.template.spec,
    };
    const made = admit(revision).admitted;
    expect(
      admit({ ...made, metadata: { ...made.metadata, labels: { a: 'b' } } }, made).admitted.spec,
    ).toEqual(made.spec);
    expect(refused({ ...made, spec: { ...made.spec, timeoutSeconds: 1 } }, made).message).toBe(
      `${knative}Immutable fields changed (-old +new): spec`,
    );
  });
});

describe("eventing's rules, in its words", () => {
  const webhook =
    'admission webhook "validation.webhook.eventing.knative.dev" denied the request: validation failed: ';
  const object = (apiVersion: string, kind: string, spec: object, metadata: object = {}): NewObject => ({
    apiVersion,
    kind,
    metadata: { name: 'x', namespace: 'shop', ...metadata },
    spec,
  });
  const sink = { ref: { apiVersion: 'eventing.knative.dev/v1', kind: 'Broker', name: 'default' } };
  const trigger = (spec: object) =>
    object('eventing.knative.dev/v1', 'Trigger', { broker: 'default', subscriber: sink, ...spec });
  const ping = (spec: object) => object('sources.knative.dev/v1', 'PingSource', { sink, ...spec });
  const broker = (spec: object, metadata?: object) =>
    object('eventing.knative.dev/v1', 'Broker', spec, metadata);

  it.each<[string, NewObject, string]>([
    [
      '@every',
      ping({ schedule: '@every 5s' }),
      'invalid value: unsupported descriptor @every: spec.schedule',
    ],
    [
      'cron fields',
      ping({ schedule: '* * *' }),
      'invalid value: expected 5 to 6 fields, found 3: * * *: spec.schedule',
    ],
    [
      'time zones',
      ping({ schedule: '* * * * *', timezone: 'Mars/Base' }),
      'invalid value: provided bad location Mars/Base: unknown time zone Mars/Base: spec.timezone',
    ],
    [
      'one kind of data',
      ping({ data: 'a', dataBase64: 'YQ==' }),
      'expected exactly one, got both: spec.data, spec.dataBase64',
    ],
    [
      'a subscriber',
      trigger({ subscriber: undefined }),
      'expected at least one, got none: spec.subscriber.ref, spec.subscriber.uri',
    ],
    [
      'an absolute uri stands alone',
      trigger({ subscriber: { ...sink, uri: 'http://x/y' } }),
      'Absolute URI is not allowed when Ref or [apiVersion, kind, name] is present: spec.subscriber.[apiVersion, kind, name], spec.subscriber.ref, spec.subscriber.uri',
    ],
    ['a broker', trigger({ broker: undefined }), 'missing field(s): spec.broker'],
    [
      'attribute names',
      trigger({ filter: { attributes: { 'my-type': 'x' } } }),
      'invalid key name "my-type": spec.filter.attributes.my-type\nAttribute name must start with a letter and can only contain lowercase alphanumeric',
    ],
    [
      'one dialect a filter',
      trigger({ filters: [{ exact: { type: 'a' }, prefix: { type: 'b' } }] }),
      'multiple dialects found, filters can have only one dialect set: spec.filters[0]',
    ],
    [
      'a CESQL expression, by its place',
      trigger({ filters: [{ any: [{ cesql: "type = 'a'" }, { not: { cesql: 'this is wrong' } }] }] }),
      'invalid value: this is wrong: spec.filters[0].any[1].not.cesql\nparse error: syntax error: 1:6: "is" stands where an operator or the end is expected',
    ],
    [
      'ISO 8601',
      trigger({ delivery: { backoffDelay: '5s' } }),
      'invalid value: 5s: spec.delivery.backoffDelay\nan ISO 8601 duration such as PT0.2S',
    ],
    [
      'backoff policies',
      broker({ delivery: { backoffPolicy: 'random', retry: -1 } }),
      'invalid value: -1: spec.delivery.retry\ninvalid value: random: spec.delivery.backoffPolicy',
    ],
    [
      'subjects',
      object('sources.knative.dev/v1', 'SinkBinding', {
        subject: { apiVersion: 'serving.knative.dev/v1', kind: 'Service' },
        sink,
      }),
      'expected exactly one, got neither: spec.subject.name, spec.subject.selector',
    ],
  ])('%s', (_, given, message) => {
    const error = refused(given);
    expect([error.code, error.message]).toEqual([400, webhook + message]);
  });

  it('a Broker keeps its config and class, its delivery may change', () => {
    const made = admit(broker({ config: { apiVersion: 'v1', kind: 'ConfigMap', name: 'a' } })).admitted;
    expect(
      admit({ ...made, spec: { ...made.spec, delivery: { retry: 3 } } }, made).admitted.spec.delivery,
    ).toEqual({ retry: 3 });
    expect(
      refused(broker({ config: { apiVersion: 'v1', kind: 'ConfigMap', name: 'b' } }), made).message,
    ).toContain('Immutable fields changed');
    const other = { annotations: { 'eventing.knative.dev/broker.class': 'MTChannelBasedBroker' } };
    expect(refused(broker({ config: made.spec.config }, other), made).message).toContain(
      'Immutable annotations changed',
    );
  });

  it("a DomainMapping is a full name outside the cluster's domain", () => {
    const mapping = (name: string) => ({
      apiVersion: 'serving.knative.dev/v1beta1',
      kind: 'DomainMapping',
      metadata: { name, namespace: 'shop' },
      spec: { ref: { apiVersion: 'serving.knative.dev/v1', kind: 'Service', name: 'orders' } },
    });
    expect(admit(mapping('shop.example.com')).admitted.spec.ref.namespace).toBe('shop');
    expect(refused(mapping('localhost')).message).toContain(
      'should be a domain with at least two segments separated by dots',
    );
    expect(refused(mapping('a.svc.cluster.local')).message).toContain(
      'must not be a subdomain of cluster local domain "cluster.local"',
    );
  });
});

describe('the rest', () => {
  it('an object goes into a Namespace that exists', () => {
    const lost = { ...service(), metadata: { name: 'orders', namespace: 'nowhere' } };
    expect(refused(lost)).toMatchObject({ reason: 'NotFound', message: 'namespaces "nowhere" not found' });
  });

  it('mutators work between defaults and rules', () => {
    const mutator: Mutator = ({ object }) => ({
      ...object,
      spec: { ...object.spec, traffic: [{ percent: 1 }] },
    });
    expect(() => admit(service(), undefined, { mutators: [mutator] })).toThrow(
      'Traffic targets sum to 1, want 100',
    );
  });

  it('what is taken but not honoured is said', () => {
    const { warnings } = admit(
      service(
        { resources: { limits: { cpu: '1' } }, livenessProbe: { tcpSocket: { port: 1 } } },
        { affinity: {}, nodeSelector: { a: 'b' } },
        { metadata: { annotations: { 'autoscaling.knative.dev/min-scal': '1' } } },
      ),
    );
    expect(warnings).toEqual([
      'spec.template.spec.nodeSelector is not honoured: there is one machine',
      'spec.template.spec.containers[0].livenessProbe is not honoured: a pod that ends is started again, one that hangs is not',
      'spec.template.spec.containers[0].resources is not honoured: processes are not limited',
      'annotation autoscaling.knative.dev/min-scal means nothing; did you mean autoscaling.knative.dev/min-scale?',
    ]);
    const typo = {
      ...service(),
      metadata: {
        name: 'orders',
        namespace: 'shop',
        labels: { 'networking.knative.dev/visibility': 'cluster-locl' },
      },
    };
    expect(admit(typo).warnings[0]).toMatch(/means nothing, this is public; did you mean "cluster-local"/);
  });

  it('every kind of the store has its admission, and its schema is JSON Schema', () => {
    for (const { kind } of kinds) {
      const admission = admissionOf.get(kind);
      expect(z.toJSONSchema(admission?.schema ?? z.never())).toMatchObject({
        type: 'object',
        additionalProperties: false,
      });
    }
  });

  it('ConfigMap and Secret keys and values are checked', () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's', namespace: 'shop' },
      data: { 'a b': 'MQ==', c: 'plain text' },
    };
    expect(refused(secret)).toMatchObject({
      code: 422,
      details: { causes: [{ field: 'data.a b' }, { field: 'data.c' }] },
    });
  });
});

it('an object that is nested without end is refused, not walked down until the stack is full', () => {
  const nested = Array.from({ length: 100_000 }).reduce<object>((inner) => ({ not: inner }), {});
  const trigger = {
    apiVersion: 'eventing.knative.dev/v1',
    kind: 'Trigger',
    metadata: { name: 'deep', namespace: 'shop' },
    spec: { broker: 'default', filters: [nested] },
  };
  expect(refused(trigger).message).toContain('spec: nested more than 200 levels deep');
});
