import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../../test/support/postgres.ts';
import { startTestApi, type TestApi } from '../testing/api.ts';
import { configMap, configMaps, secrets, service, services } from '../testing/objects.ts';

let database: TestDatabase;
let api: TestApi;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startTestApi(database.adminUrl);
});
afterAll(async () => {
  await api.stop();
  await database.drop();
});

const misspelt = (name: string) => {
  const { spec, ...rest } = service(name);
  return {
    ...rest,
    spec: {
      ...spec,
      trafic: [],
      template: { ...spec.template, spec: { ...spec.template.spec, timeoutSecond: 1 } },
    },
  };
};

describe('create', () => {
  test('answers 201 with what the server filled in', async () => {
    const { status, body } = await api.ask('POST', services, { body: service('made') });
    expect(status).toBe(201);
    expect(body.metadata).toMatchObject({
      name: 'made',
      namespace: 'kagari',
      generation: 1,
      uid: expect.any(String),
      annotations: { 'serving.knative.dev/creator': 'admin', 'serving.knative.dev/lastModifier': 'admin' },
    });
    expect(body.spec.template.spec.timeoutSeconds).toBe(300);
  });

  test('twice is AlreadyExists', async () => {
    const { body } = await api.ask('POST', services, { body: service('made') });
    expect(body).toMatchObject({
      code: 409,
      reason: 'AlreadyExists',
      message: 'services.serving.knative.dev "made" already exists',
    });
  });

  test('with generateName gets a name of its own', async () => {
    const body = configMap('');
    const meta = { generateName: 'gen-' };
    const made = await Promise.all(
      [1, 2, 3].map(() => api.ask('POST', configMaps, { body: { ...body, metadata: meta } })),
    );
    const names = made.map((answer) => answer.body.metadata.name);
    expect(new Set(names).size).toBe(3);
    for (const name of names) expect(name).toMatch(/^gen-[a-z0-9]{5}$/);
  });

  test('takes nulls and fields that only a server writes as not given', async () => {
    const { status, body } = await api.ask('POST', services, {
      body: {
        ...service('from-go', {}),
        metadata: { name: 'from-go', creationTimestamp: null, managedFields: [{ manager: 'x' }], uid: '' },
        status: { url: 'http://evil' },
      },
    });
    expect(status).toBe(201);
    expect(body.status).toBeUndefined();
    expect(body.metadata.managedFields).toBeUndefined();
    expect(body.metadata.creationTimestamp).toEqual(expect.any(String));
  });

  test('in YAML', async () => {
    const body = 'metadata:\n  name: yaml\ndata:\n  a: "1"\n';
    const { status } = await api.ask('POST', configMaps, { body, type: 'application/yaml' });
    expect(status).toBe(201);
    expect(api.store.get('ConfigMap', 'kagari', 'yaml')?.data).toEqual({ a: '1' });
  });

  test.each<[string, object | string, number, string, string | undefined]>([
    ['no JSON', '{', 400, 'is not JSON', undefined],
    ['no object', '[]', 400, 'is no object', undefined],
    ['nothing', '', 400, 'is no object', undefined],
    ['YAML with a key twice', 'a: 1\na: 2\n', 400, 'is not YAML', 'application/yaml'],
    ['a strange type', 'x', 415, 'accepted media types include: application/json', 'text/plain'],
    [
      'another kind',
      { ...configMap('x'), kind: 'Secret' },
      400,
      'cannot be handled as a ConfigMap',
      undefined,
    ],
    [
      'another version',
      { ...configMap('x'), apiVersion: 'v2' },
      400,
      'does not match the expected API version (v1)',
      undefined,
    ],
    [
      'another namespace',
      configMap('x', {}, { namespace: 'y' }),
      400,
      'the namespace of the provided object does not match',
      undefined,
    ],
    ['no name', { metadata: {} }, 422, 'name or generateName is required', undefined],
    ['a bad name', configMap('A_B'), 422, 'a lowercase RFC 1123 subdomain', undefined],
    ['metadata of another shape', { metadata: [] }, 400, 'metadata is no object', undefined],
    ['a name of another type', { metadata: { name: 1 } }, 400, 'metadata.name is no string', undefined],
    ['a value of another type', { ...configMap('x'), data: { a: 1 } }, 422, 'data.a', undefined],
    [
      'a version',
      { metadata: { name: 'x', resourceVersion: '1' } },
      400,
      'resourceVersion should not be set',
      undefined,
    ],
  ])('refuses %s', async (_, body, code, message, type) => {
    const answer = await api.ask('POST', configMaps, { body, ...(type && { type }) });
    expect([answer.status, answer.body.code]).toEqual([code, code]);
    expect(answer.body.message).toContain(message);
    expect(api.store.get('ConfigMap', 'kagari', 'x')).toBeUndefined();
  });

  test('in a namespace that is not there is NotFound', async () => {
    const { body } = await api.ask('POST', '/api/v1/namespaces/nowhere/configmaps', { body: configMap('x') });
    expect(body).toMatchObject({
      code: 404,
      message: 'namespaces "nowhere" not found',
      details: { name: 'nowhere', kind: 'namespaces' },
    });
  });

  test('of more than 3 MiB is too large', async () => {
    const { body } = await api.ask('POST', configMaps, {
      body: configMap('x', { a: 'x'.repeat(3 * 1024 * 1024) }),
    });
    expect(body).toMatchObject({ code: 413, reason: 'RequestEntityTooLarge' });
    expect((await api.ask('GET', configMaps)).status).toBe(200);
  });

  test('what Knative refuses is refused in its words, with the paths', async () => {
    const bad = service('bad');
    const { body } = await api.ask('POST', services, {
      body: { ...bad, spec: { ...bad.spec, traffic: [{ latestRevision: true, percent: 50 }] } },
    });
    expect(body.code).toBe(400);
    expect(body.message).toContain(
      'admission webhook "validation.webhook.serving.knative.dev" denied the request',
    );
    expect(body.details.causes[0].field).toBe('spec.traffic');
  });
});

describe('unknown fields', () => {
  const path = (validation?: string) =>
    `${services}?fieldManager=t${validation ? `&fieldValidation=${validation}` : ''}`;

  test('Strict refuses them, each with its path', async () => {
    const { body } = await api.ask('POST', path('Strict'), { body: misspelt('strict') });
    expect(body).toMatchObject({ code: 400, reason: 'BadRequest' });
    expect(body.message).toMatch(
      /^Service in version "v1" cannot be handled as a Service: strict decoding error: .*unknown field "spec\.trafic".*/,
    );
    expect(body.message).toContain('unknown field "spec.template.spec.timeoutSecond"');
    expect(api.store.get('Service.serving.knative.dev', 'kagari', 'strict')).toBeUndefined();
  });

  test('Warn, which is the default, drops them and says so', async () => {
    for (const [index, validation] of [undefined, 'Warn'].entries()) {
      const { status, headers, body } = await api.ask('POST', path(validation), {
        body: misspelt(`warned-${index}`),
      });
      expect(status).toBe(201);
      expect(headers.warning).toContain(
        String.raw`299 - "unknown field \"spec.template.spec.timeoutSecond\""`,
      );
      expect(headers.warning).toContain(String.raw`299 - "unknown field \"spec.trafic\""`);
      expect(body.spec.trafic).toBeUndefined();
      expect(body.spec.template.spec.timeoutSecond).toBeUndefined();
    }
  });

  test('Ignore drops them and says nothing of them', async () => {
    const { status, headers, body } = await api.ask('POST', path('Ignore'), { body: misspelt('ignored') });
    expect(status).toBe(201);
    expect(headers.warning ?? '').not.toContain('unknown field');
    expect(body.spec.trafic).toBeUndefined();
  });

  test('another word is refused', async () => {
    const { body } = await api.ask('POST', path('Maybe'), { body: service('maybe') });
    expect(body).toMatchObject({
      code: 422,
      reason: 'Invalid',
      details: { causes: [{ field: 'fieldValidation' }] },
    });
  });
});

test('what is taken but not honoured comes back as a warning', async () => {
  const { status, headers } = await api.ask('POST', '/api/v1/namespaces/kagari/services', {
    body: { metadata: { name: 'core' }, spec: { ports: [{ port: 80 }] } },
  });
  expect(status).toBe(201);
  expect(headers.warning).toContain('routes nothing');
});

describe('dry run', () => {
  test('answers as the write would and writes nothing', async () => {
    const revision = api.store.revision();
    const created = await api.ask('POST', `${services}?dryRun=All`, { body: service('dry') });
    expect(created.status).toBe(201);
    expect(created.body.spec.template.spec.timeoutSeconds).toBe(300);
    const twice = await api.ask('POST', `${services}?dryRun=All`, { body: service('made') });
    expect(twice.body.reason).toBe('AlreadyExists');
    const patched = await api.ask('PATCH', `${services}/made?dryRun=All`, {
      body: { metadata: { labels: { a: 'b' } } },
      type: 'application/merge-patch+json',
    });
    expect(patched.body.metadata.labels.a).toBe('b');
    const removed = await api.ask('DELETE', `${services}/made?dryRun=All`);
    expect(removed.body.status).toBe('Success');
    const byBody = await api.ask('DELETE', `${services}/made`, { body: { dryRun: ['All'] } });
    expect(byBody.status).toBe(200);
    expect(api.store.revision()).toBe(revision);
  });

  test('of another word is refused', async () => {
    const { body } = await api.ask('POST', `${services}?dryRun=Some`, { body: service('dry') });
    expect(body.message).toBe(
      'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: "Some": supported values: "All"',
    );
  });
});

describe('update', () => {
  test('replaces all but the status, over the version it names', async () => {
    const { body: made } = await api.ask('POST', services, { body: service('put', { A: '1' }) });
    const changed = { ...service('put', { A: '2' }), metadata: { ...made.metadata, labels: { new: 'yes' } } };
    const { status, body } = await api.ask('PUT', `${services}/put`, { body: changed });
    expect(status).toBe(200);
    expect(body.metadata).toMatchObject({ generation: 2, uid: made.metadata.uid, labels: { new: 'yes' } });
    const stale = await api.ask('PUT', `${services}/put`, { body: changed });
    expect(stale.body).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message:
        'Operation cannot be fulfilled on services.serving.knative.dev "put": the object has been modified; please apply your changes to the latest version and try again',
    });
  });

  test('of nothing changed changes nothing', async () => {
    const { body } = await api.ask('GET', `${services}/put`);
    const revision = api.store.revision();
    const again = await api.ask('PUT', `${services}/put`, { body });
    expect(again.body.metadata.resourceVersion).toBe(body.metadata.resourceVersion);
    expect(api.store.revision()).toBe(revision);
  });

  test('of a Knative kind without a version is Invalid, of a ConfigMap it is not', async () => {
    const blind = await api.ask('PUT', `${services}/put`, { body: service('put') });
    expect(blind.body).toMatchObject({
      code: 422,
      details: { causes: [{ field: 'metadata.resourceVersion' }] },
    });
    await api.ask('POST', configMaps, { body: configMap('blind') });
    const { status } = await api.ask('PUT', `${configMaps}/blind`, { body: configMap('blind', { a: '1' }) });
    expect(status).toBe(200);
  });

  test('over another object of the name is a Conflict', async () => {
    const { body } = await api.ask('GET', `${services}/put`);
    const other = { ...body, metadata: { ...body.metadata, uid: '00000000-0000-0000-0000-000000000000' } };
    expect((await api.ask('PUT', `${services}/put`, { body: other })).body.reason).toBe('Conflict');
  });

  test('of what is not there is NotFound, under another name a BadRequest', async () => {
    expect((await api.ask('PUT', `${configMaps}/absent`, { body: configMap('absent') })).status).toBe(404);
    const { body } = await api.ask('PUT', `${configMaps}/blind`, { body: configMap('other') });
    expect(body.message).toBe('the name of the object (other) does not match the name on the URL (blind)');
  });

  test('of the status touches nothing else', async () => {
    const { body } = await api.ask('GET', `${services}/put`);
    const { status, body: after } = await api.ask('PUT', `${services}/put/status`, {
      body: { ...body, spec: {}, metadata: { ...body.metadata, labels: {} }, status: { url: 'http://x' } },
    });
    expect(status).toBe(200);
    expect(after).toMatchObject({
      spec: body.spec,
      status: { url: 'http://x' },
      metadata: { labels: { new: 'yes' }, generation: 2 },
    });
    const spec = await api.ask('PUT', `${services}/put`, { body: { ...after, status: { url: 'http://y' } } });
    expect(spec.body.status.url).toBe('http://x');
  });
});

describe('delete', () => {
  const make = async (name: string) =>
    (await api.ask('POST', configMaps, { body: configMap(name) })).body.metadata;

  test('answers Success with what is gone', async () => {
    const { uid } = await make('gone');
    const { status, body } = await api.ask('DELETE', `${configMaps}/gone`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'Success', details: { name: 'gone', kind: 'configmaps', uid } });
    expect((await api.ask('DELETE', `${configMaps}/gone`)).body.reason).toBe('NotFound');
  });

  test('under preconditions that do not hold is a Conflict', async () => {
    const { uid, resourceVersion } = await make('guarded');
    for (const preconditions of [{ uid: 'other' }, { resourceVersion: '1' }]) {
      const { body } = await api.ask('DELETE', `${configMaps}/guarded`, { body: { preconditions } });
      expect(body).toMatchObject({ code: 409, reason: 'Conflict' });
    }
    const { status } = await api.ask('DELETE', `${configMaps}/guarded`, {
      body: { preconditions: { uid, resourceVersion } },
    });
    expect(status).toBe(200);
  });

  test('takes with it what it owns', async () => {
    const owner = await make('owner');
    const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.uid };
    await api.ask('POST', configMaps, {
      body: { ...configMap('owned'), metadata: { name: 'owned', ownerReferences: [reference] } },
    });
    await api.ask('DELETE', `${configMaps}/owner?propagationPolicy=Foreground`);
    expect((await api.ask('GET', `${configMaps}/owned`)).status).toBe(404);
  });

  test('without what it owns is refused, and so is any other policy', async () => {
    await make('kept');
    for (const query of ['propagationPolicy=Orphan', 'orphanDependents=true', 'propagationPolicy=x']) {
      const { body } = await api.ask('DELETE', `${configMaps}/kept?${query}`);
      expect(body).toMatchObject({ code: 422, details: { causes: [{ field: 'propagationPolicy' }] } });
    }
    expect((await api.ask('DELETE', `${configMaps}/kept?gracePeriodSeconds=x`)).status).toBe(400);
    expect((await api.ask('GET', `${configMaps}/kept`)).status).toBe(200);
  });

  test('of a collection takes what its selectors choose and lists it', async () => {
    for (const name of ['one', 'two', 'three'])
      await api.ask('POST', configMaps, {
        body: configMap(name, {}, { labels: { batch: name === 'three' ? 'b' : 'a' } }),
      });
    const { status, body } = await api.ask('DELETE', `${configMaps}?labelSelector=batch%3Da`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      kind: 'ConfigMapList',
      items: [{ metadata: { name: 'one' } }, { metadata: { name: 'two' } }],
    });
    expect((await api.ask('GET', `${configMaps}?labelSelector=batch`)).body.items).toHaveLength(1);
  });

  test('of a namespace takes all that is in it; default stays', async () => {
    await api.ask('POST', '/api/v1/namespaces', { body: { metadata: { name: 'short-lived' } } });
    await api.ask('POST', '/api/v1/namespaces/short-lived/configmaps', { body: configMap('inside') });
    expect((await api.ask('DELETE', '/api/v1/namespaces/short-lived')).status).toBe(200);
    expect((await api.ask('GET', '/api/v1/namespaces/short-lived/configmaps/inside')).status).toBe(404);
    const { body } = await api.ask('DELETE', '/api/v1/namespaces/default');
    expect(body).toMatchObject({
      code: 403,
      message: 'namespaces "default" is forbidden: this namespace may not be deleted',
    });
  });
});

test("a Secret's stringData becomes data", async () => {
  const { body } = await api.ask('POST', secrets, {
    body: { metadata: { name: 's' }, stringData: { key: 'ü' } },
  });
  expect(body).toMatchObject({ type: 'Opaque', data: { key: Buffer.from('ü').toString('base64') } });
  expect(body.stringData).toBeUndefined();
});

test('namespaces default and kagari are there from the start', () => {
  expect(api.store.list('Namespace').map(({ metadata }) => metadata.name)).toEqual(['default', 'kagari']);
});
