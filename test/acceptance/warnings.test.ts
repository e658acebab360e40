import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { conditionOf, type Kind, type KubeObject } from './support/kube.ts';
import { service, toBroker, toService, watchingTrigger } from './support/objects.ts';
import { until } from './support/until.ts';
import { openWorld, type World } from './support/world.ts';

// Of the local runtime only: on a cluster these are honoured, or are a matter of feature flags.
const local = inject('target').consoleToken !== undefined;
const skipped = local ? '' : " (skipped: of the local runtime's own)";
let world: World;
beforeAll(async () => {
  if (local) world = await openWorld();
});
afterAll(() => world?.close());

/** What a dry run of this creation warns of. */
const warnings = async (kind: Kind, object: KubeObject): Promise<string> => {
  const [version] = [object.apiVersion ?? 'serving.knative.dev/v1'];
  const { status, headers, body } = await world.kube.ask('POST', `${world.kube.pathOf(kind)}?dryRun=All`, {
    body: { apiVersion: version, ...object },
  });
  expect([status, body.message]).toEqual([201, undefined]);
  return String(headers.warning ?? '').replaceAll('\\"', '"');
};

const withTemplate = (spec: KubeObject, container: KubeObject = {}, annotations = {}): KubeObject => {
  const object = service(world.fresh('w'), {
    image: world.image,
    container: { securityContext: undefined, ...container },
    annotations,
  });
  Object.assign(object.spec.template.spec, spec);
  return object;
};

describe.skipIf(!local)(`what is taken but not honoured is said${skipped}`, () => {
  it('nothing where all is honoured', async () => {
    const honoured = {
      readinessProbe: { httpGet: { path: '/health' }, periodSeconds: 1 },
      command: ['node'],
      args: ['main.js'],
      envFrom: [{ configMapRef: { name: 'any', optional: true } }],
    };
    const annotations = {
      'autoscaling.knative.dev/min-scale': '1',
      'autoscaling.knative.dev/metric': 'rps',
      'autoscaling.knative.dev/target': '10',
      'serving.knative.dev/progress-deadline': '30s',
    };
    expect(
      await warnings(
        'ksvc',
        withTemplate({ timeoutSeconds: 5, containerConcurrency: 3 }, honoured, annotations),
      ),
    ).toBe('');
  });

  it.each<[string, KubeObject]>([
    ['affinity', { nodeAffinity: { x: 1 } }],
    ['dnsConfig', { nameservers: ['10.0.0.1'] }],
    ['dnsPolicy', 'Default'],
    ['hostAliases', [{ ip: '127.0.0.1', hostnames: ['a'] }]],
    ['idleTimeoutSeconds', 3],
    ['imagePullSecrets', [{ name: 'registry' }]],
    ['nodeSelector', { disk: 'ssd' }],
    ['priorityClassName', 'high'],
    ['responseStartTimeoutSeconds', 3],
    ['runtimeClassName', 'gvisor'],
    ['schedulerName', 'other'],
    ['securityContext', { runAsUser: 1000 }],
    ['serviceAccountName', 'robot'],
    ['shareProcessNamespace', true],
    ['tolerations', [{ key: 'a' }]],
    ['topologySpreadConstraints', [{ maxSkew: 1 }]],
  ])('spec.template.spec.%s', async (field, value) => {
    expect(await warnings('ksvc', withTemplate({ [field]: value }))).toContain(
      `spec.template.spec.${field} is not honoured: `,
    );
  });

  it.each<[string, string, KubeObject]>([
    ['imagePullPolicy', 'imagePullPolicy', 'Always'],
    ['livenessProbe', 'livenessProbe', { httpGet: { path: '/live' } }],
    ['startupProbe', 'startupProbe', { httpGet: { path: '/live' } }],
    ['resources', 'resources', { limits: { cpu: '1' } }],
    ['container securityContext', 'securityContext', { runAsNonRoot: true }],
    ['terminationMessagePath', 'terminationMessagePath', '/dev/other'],
    ['workingDir', 'workingDir', '/srv'],
    ['readinessProbe.exec', 'readinessProbe', { exec: { command: ['true'] } }],
    ['readinessProbe.grpc', 'readinessProbe', { grpc: { service: 'a' } }],
    ['h2c', 'ports', [{ name: 'h2c' }]],
    ['containerPort', 'ports', [{ containerPort: 9000 }]],
  ])('a container’s %s', async (what, field, value) => {
    const said = await warnings('ksvc', withTemplate({}, { [field]: value }));
    expect(said).toContain('is not honoured: ');
    expect(said).toContain(what.replace('container ', ''));
  });

  it.each<[string, string, RegExp]>([
    ['autoscaling.knative.dev/class', 'hpa.autoscaling.knative.dev', /class hpa is not served/],
    ['autoscaling.knative.dev/metric-aggregation-algorithm', 'linear', /is not honoured: it is linear/],
    ['autoscaling.knative.dev/target-burst-capacity', '0', /is not honoured: requests always pass/],
    [
      'autoscaling.knative.dev/min-scal',
      '1',
      /means nothing; did you mean autoscaling.knative.dev\/min-scale/,
    ],
  ])('annotation %s', async (key, value, message) => {
    expect(await warnings('ksvc', withTemplate({}, {}, { [key]: value }))).toMatch(message);
  });

  it('annotation serving.knative.dev/rollout-duration', async () => {
    const object = withTemplate({});
    object.metadata.annotations = { 'serving.knative.dev/rollout-duration': '60s' };
    expect(await warnings('ksvc', object)).toContain('is not honoured: traffic moves at once');
  });

  it('a visibility that means nothing', async () => {
    const object = withTemplate({});
    object.metadata.labels = { 'networking.knative.dev/visibility': 'cluster-locl' };
    expect(await warnings('ksvc', object)).toContain('did you mean "cluster-local"');
  });

  it('TLS of a DomainMapping', async () => {
    const said = await warnings('domain', {
      apiVersion: 'serving.knative.dev/v1beta1',
      kind: 'DomainMapping',
      metadata: { name: 'w.example.com' },
      spec: { ref: toService('hello', '').ref, tls: { secretName: 'cert' } },
    });
    expect(said).toContain('spec.tls is not honoured: the ingress speaks plain HTTP');
  });

  it('the format and retryAfterMax of a delivery', async () => {
    const object = watchingTrigger(world.fresh('w'), '/x', []);
    object.spec.delivery = { retry: 1, format: 'json', retryAfterMax: 'PT10S' };
    const said = await warnings('trigger', { apiVersion: 'eventing.knative.dev/v1', ...object });
    expect(said).toContain('spec.delivery.format is not honoured');
    expect(said).toContain('a cluster refuses it without the feature delivery-retryafter');
  });

  it('a CESQL expression that a cluster may take otherwise than it reads', async () => {
    const object = watchingTrigger(world.fresh('w'), '/x', [
      { cesql: 'NOW() = 1' },
      { all: [{ cesql: "type = 'a' OR id = 'b' AND hop-1 = 2" }] },
    ]);
    const said = await warnings('trigger', { apiVersion: 'eventing.knative.dev/v1', ...object });
    expect(said).toContain('spec.filters[0].cesql: there is no function NOW of 0 arguments');
    expect(said).toContain('spec.filters[1].all[0].cesql: AND, OR and XOR without parentheses');
    expect(said).toContain('a cluster refuses it without a blank');
  });

  it('a SinkBinding of what is no Knative Service', async () => {
    const said = await warnings('binding', {
      apiVersion: 'sources.knative.dev/v1',
      kind: 'SinkBinding',
      metadata: { name: world.fresh('w') },
      spec: {
        subject: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'any' },
        sink: toBroker('default'),
      },
    });
    expect(said).toContain('is never bound here: only Knative Services are');
  });

  it('a KafkaSource', async () => {
    const said = await warnings('kafka', {
      apiVersion: 'sources.knative.dev/v1',
      kind: 'KafkaSource',
      metadata: { name: world.fresh('w') },
      spec: {
        bootstrapServers: ['kafka.kagari.svc:9092', 'kafka.kagari:9092'],
        topics: ['a'],
        sink: toBroker('default'),
      },
    });
    expect(said).toContain('kafka.kagari.svc:9092 is a Service of the cluster');
    expect(said).toContain('kafka.kagari:9092 is dialled as it stands');
  });

  it('the key type of a KafkaSource', async () => {
    const said = await warnings('kafka', {
      apiVersion: 'sources.knative.dev/v1',
      kind: 'KafkaSource',
      metadata: { name: world.fresh('w'), labels: { 'kafkasources.sources.knative.dev/key-type': 'int' } },
      spec: {
        bootstrapServers: ['kafka:9092'],
        topics: ['a'],
        net: { tls: { enable: true } },
        sink: toBroker('default'),
      },
    });
    expect(said).toContain('keys are text');
    expect(said).toContain('spec.net is not used here');
  });
});

describe.skipIf(!local)(`what is not served is refused${skipped}`, () => {
  const refused = async (kind: Kind, object: KubeObject): Promise<string> => {
    const { status, body } = await world.kube.ask(
      'POST',
      `${world.kube.pathOf(kind)}?dryRun=All&fieldValidation=Strict`,
      { body: { apiVersion: 'serving.knative.dev/v1', ...object } },
    );
    expect(status).toBe(400);
    return body.message;
  };

  it('a second container', async () => {
    const object = withTemplate({});
    object.spec.template.spec.containers.push({ image: world.image, name: 'second' });
    expect(await refused('ksvc', object)).toContain('exactly one container is served');
  });

  it('init containers', async () => {
    expect(await refused('ksvc', withTemplate({ initContainers: [{ image: world.image }] }))).toContain(
      'unknown field "spec.template.spec.initContainers"',
    );
  });

  it('volumes of other kinds', async () => {
    const volumes = [{ name: 'disk', persistentVolumeClaim: { claimName: 'disk' } }];
    expect(await refused('ksvc', withTemplate({ volumes }))).toContain('persistentVolumeClaim');
  });

  it('an emptyDir elsewhere than at /tmp', async () => {
    const object = withTemplate(
      { volumes: [{ name: 'scratch', emptyDir: {} }] },
      { volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }] },
    );
    expect(await refused('ksvc', object)).toContain('an emptyDir is served at /tmp only');
  });

  it('brokerRef of a Trigger', async () => {
    const object = watchingTrigger(world.fresh('w'), '/x', []);
    object.spec = { ...object.spec, broker: undefined, brokerRef: toBroker('default').ref };
    expect(await refused('trigger', { apiVersion: 'eventing.knative.dev/v1', ...object })).toContain(
      'brokerRef',
    );
  });

  it('an image that is not there, and what that means where no tag is given', async () => {
    const name = world.fresh('untagged');
    await world.make('ksvc', service(name, { image: 'dev.local/no-such-function' }));
    const { reason, message } = await until('it failed', async () => {
      const ready = conditionOf(await world.kube.get('ksvc', name), 'ConfigurationsReady');
      return ready.status === 'False' && ready;
    });
    expect([reason, message]).toEqual([
      'RevisionFailed',
      expect.stringContaining('dev.local/no-such-function'),
    ]);
    const revision = await world.kube.get('revision', `${name}-00001`);
    expect(conditionOf(revision, 'ContainerHealthy').reason).toBe('ContainerMissing');
  });
});
