import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Kind, KubeObject } from './support/kube.ts';
import { service, toBroker, toService } from './support/objects.ts';
import { refusalBy } from './support/refusal.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;
let name: string;
let refusal: ReturnType<typeof refusalBy>;
beforeAll(async () => {
  world = await openWorld();
  name = world.fresh('refused');
  await world.serve(name);
  refusal = refusalBy(world.kube, name);
});
afterAll(() => world?.close());

const patched = (spec: KubeObject) => refusal('PATCH', world.kube.pathOf('ksvc', name), { body: { spec } });
const created = (kind: Kind, object: KubeObject, query = '') =>
  refusal('POST', `${world.kube.pathOf(kind)}${query}`, {
    body: { apiVersion: world.kube.versionOf(kind), ...object },
  });

const template = (spec: KubeObject, annotations = {}) => ({
  template: { metadata: { annotations }, spec: { containers: [{ image: world.image, ...spec }] } },
});
const scaling = (key: string, value: string) => template({}, { [`autoscaling.knative.dev/${key}`]: value });
const first = () => `${name}-00001`;

describe('a Service is refused, with the path of what is wrong', () => {
  it.each<[string, () => KubeObject, RegExp]>([
    [
      'traffic that is not 100',
      () => ({ traffic: [{ revisionName: first(), percent: 50 }] }),
      /sum to 50, want 100/,
    ],
    [
      'a tag twice',
      () => ({
        traffic: [
          { revisionName: first(), percent: 50, tag: 'same' },
          { latestRevision: true, percent: 50, tag: 'same' },
        ],
      }),
      /[Mm]ultiple definitions for "?same/,
    ],
    [
      'a tag that is no label',
      () => ({ traffic: [{ revisionName: first(), percent: 100, tag: 'No_Tag' }] }),
      /tag/,
    ],
    [
      'a target that is both named and the latest',
      () => ({ traffic: [{ revisionName: first(), latestRevision: true, percent: 100 }] }),
      /may not set revisionName/,
    ],
    [
      'an image that is no reference',
      () => template({ image: 'No Image' }),
      /[Ff]ailed to parse image reference/,
    ],
    ['no image', () => template({ image: '' }), /missing field.*image/],
    [
      'a reserved variable',
      () => template({ env: [{ name: 'K_REVISION', value: 'x' }] }),
      /reserved environment variable/,
    ],
    [
      'a volume that is not there',
      () => template({ volumeMounts: [{ name: 'x', mountPath: '/x', readOnly: true }] }),
      /no matching volume/,
    ],
    [
      'two ports',
      () => template({ ports: [{ containerPort: 1 }, { containerPort: 2 }] }),
      /more than one container port/,
    ],
    [
      'max-scale below min-scale',
      () =>
        template({}, { 'autoscaling.knative.dev/min-scale': '3', 'autoscaling.knative.dev/max-scale': '1' }),
      /less than/,
    ],
    ['a window that is too short', () => scaling('window', '1s'), /window/],
    ['initial-scale 0', () => scaling('initial-scale', '0'), /initial-scale=0 not allowed/],
    ['a metric that nobody measures', () => scaling('metric', 'luck'), /invalid value: luck/],
    [
      'a timeout beyond the limit',
      () => ({ template: { spec: { timeoutSeconds: 100_000, containers: [{ image: world.image }] } } }),
      /timeoutSeconds/,
    ],
    [
      'concurrency beyond the limit',
      () => ({ template: { spec: { containerConcurrency: 1_001, containers: [{ image: world.image }] } } }),
      /containerConcurrency/,
    ],
    [
      'a revision name without the prefix',
      () => ({ template: { metadata: { name: 'other-1' }, spec: { containers: [{ image: world.image }] } } }),
      /must have prefix/,
    ],
  ])('%s', async (_, spec, message) => {
    expect((await patched(spec())).message).toMatch(message);
  });

  it('a name that is too long, or no label', async () => {
    for (const wrong of ['a'.repeat(64), 'Upper', '9lives', 'with.dot'])
      expect((await created('ksvc', service(wrong, { image: world.image }))).message).toMatch(/name|label/);
  });

  it('autoscaling annotations on the Service itself', async () => {
    const object = service(world.fresh('misplaced'), { image: world.image });
    object.metadata.annotations = { 'autoscaling.knative.dev/min-scale': '1' };
    expect((await created('ksvc', object)).message).toMatch(/autoscaling/);
  });

  it('an unknown field, when validation is strict; a warning and no trace of it, when not', async () => {
    const object = service(world.fresh('unknown'), { image: world.image });
    object.spec.template.spec.replicas = 3;
    const strict = await created('ksvc', object, '?fieldValidation=Strict');
    expect(strict).toMatchObject({ code: 400, reason: 'BadRequest' });
    expect(strict.message).toContain('unknown field "spec.template.spec.replicas"');
    const { headers, body, status } = await world.kube.ask(
      'POST',
      `${world.kube.pathOf('ksvc')}?dryRun=All`,
      {
        body: { apiVersion: 'serving.knative.dev/v1', ...object },
      },
    );
    expect([status, String(headers.warning)]).toEqual([201, expect.stringContaining('replicas')]);
    expect(body.spec.template.spec.replicas).toBeUndefined();
  });
});

describe('a write is refused', () => {
  it('over a stale resourceVersion: Conflict', async () => {
    const stale = await world.kube.get('ksvc', name);
    await world.kube.patch('ksvc', name, { metadata: { labels: { newer: 'yes' } } });
    expect(await refusal('PUT', world.kube.pathOf('ksvc', name), { body: stale })).toMatchObject({
      code: 409,
      reason: 'Conflict',
      details: { name },
    });
  });

  it('to a name that is taken: AlreadyExists; to one that is not there: NotFound', async () => {
    expect(await created('ksvc', service(name, { image: world.image }))).toMatchObject({
      code: 409,
      reason: 'AlreadyExists',
    });
    expect(await refusal('DELETE', world.kube.pathOf('ksvc', 'no-such-service'), {})).toMatchObject({
      code: 404,
      reason: 'NotFound',
      details: { name: 'no-such-service', kind: 'services', group: 'serving.knative.dev' },
    });
  });

  it('that is not JSON, or of another kind', async () => {
    expect(
      await refusal('POST', world.kube.pathOf('ksvc'), {
        body: { kind: 'Broker', apiVersion: 'eventing.knative.dev/v1', metadata: { name: 'x' } },
      }),
    ).toMatchObject({ code: 400, reason: 'BadRequest' });
    expect((await refusal('POST', world.kube.pathOf('ksvc'), { body: {}, type: 'text/plain' })).code).toBe(
      415,
    );
  });

  it('that does not say what it is', async () => {
    const object = service(world.fresh('untyped'), { image: world.image });
    for (const [body, message] of [
      [object, 'the API version in the data () does not match the expected API version'],
      [{ ...object, apiVersion: world.kube.versionOf('ksvc'), kind: undefined }, "Object 'Kind' is missing"],
    ])
      expect(await refusal('POST', world.kube.pathOf('ksvc'), { body })).toMatchObject({
        code: 400,
        reason: 'BadRequest',
        message: expect.stringContaining(message),
      });
  });

  it('that changes what a Revision is', async () => {
    const revision = world.kube.pathOf('revision', first());
    const { code, message } = await refusal('PATCH', revision, { body: { spec: { timeoutSeconds: 7 } } });
    expect([code, message]).toEqual([400, expect.stringMatching(/[Ii]mmutable/)]);
  });
});

describe('eventing is refused', () => {
  const trigger = (spec: KubeObject) => ({
    kind: 'Trigger',
    metadata: { name: world.fresh('t') },
    spec: { broker: 'default', subscriber: toService('hello', '/x'), ...spec },
  });
  const ping = (spec: KubeObject) => ({
    kind: 'PingSource',
    metadata: { name: world.fresh('p') },
    spec: { sink: toBroker('default'), ...spec },
  });
  it.each<[string, Kind, () => KubeObject, RegExp]>([
    ['a schedule @every', 'ping', () => ping({ schedule: '@every 1m' }), /@every/],
    ['a schedule that is none', 'ping', () => ping({ schedule: 'now and then' }), /schedule/],
    [
      'a time zone that is none',
      'ping',
      () => ping({ schedule: '* * * * *', timezone: 'Mars/Olympus' }),
      /Mars/,
    ],
    [
      'data twice',
      'ping',
      () => ping({ schedule: '* * * * *', data: '{}', dataBase64: 'e30=' }),
      /expected exactly one/,
    ],
    [
      'data that is not what its type says',
      'ping',
      () => ping({ schedule: '* * * * *', contentType: 'application/json', data: '{' }),
      /data/,
    ],
    ['a source without a sink', 'ping', () => ping({ schedule: '* * * * *', sink: null }), /sink/],
    ['a trigger without a broker', 'trigger', () => trigger({ broker: '' }), /missing field.*broker/],
    ['a trigger without a subscriber', 'trigger', () => trigger({ subscriber: null }), /subscriber/],
    [
      'a filter with two dialects in one',
      'trigger',
      () => trigger({ filters: [{ exact: { type: 'a' }, prefix: { type: 'b' } }] }),
      /filters/,
    ],
    [
      'a filter on what is no attribute',
      'trigger',
      () => trigger({ filters: [{ exact: { 'No-Attribute': 'a' } }] }),
      /No-Attribute/,
    ],
    [
      'a CESQL expression that is none, by its place',
      'trigger',
      () => trigger({ filters: [{ cesql: 'this is wrong' }] }),
      /invalid value: this is wrong: spec\.filters\[0\]\.cesql\nparse error: syntax error: /,
    ],
    ['a negative retry', 'trigger', () => trigger({ delivery: { retry: -1 } }), /retry/],
    [
      'a backoff that is no duration',
      'trigger',
      () => trigger({ delivery: { backoffDelay: '1 second', backoffPolicy: 'linear', retry: 1 } }),
      /backoffDelay/,
    ],
    [
      'a backoff policy that is none',
      'trigger',
      () => trigger({ delivery: { backoffPolicy: 'hope' } }),
      /backoffPolicy/,
    ],
    [
      'a domain of one label',
      'domain',
      () => ({
        kind: 'DomainMapping',
        metadata: { name: 'single' },
        spec: { ref: { apiVersion: 'serving.knative.dev/v1', kind: 'Service', name } },
      }),
      /single/,
    ],
    [
      'a domain that points at nothing',
      'domain',
      () => ({ kind: 'DomainMapping', metadata: { name: 'a.example.com' }, spec: {} }),
      /ref/,
    ],
  ])('%s', async (_, kind, object, message) => {
    const refused = await created(kind, object());
    expect(refused.message).toMatch(message);
  });

  it('a Trigger that moves to another Broker', async () => {
    const object = trigger({});
    await world.make('trigger', object);
    const { message } = await refusal('PATCH', world.kube.pathOf('trigger', object.metadata.name), {
      body: { spec: { broker: 'other' } },
    });
    expect(message).toMatch(/[Ii]mmutable/);
  });
});
