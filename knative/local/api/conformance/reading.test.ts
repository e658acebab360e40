import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../../test/support/postgres.ts';
import { startTestApi, type TestApi } from '../testing/api.ts';
import { configMap, configMaps, service, services, serving, table } from '../testing/objects.ts';

let database: TestDatabase;
let api: TestApi;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startTestApi(database.adminUrl);
  await api.ask('POST', '/api/v1/namespaces', { body: { metadata: { name: 'other' } } });
  for (const [name, labels] of Object.entries({
    a: { app: 'x', tier: 'front' },
    b: { app: 'x' },
    c: { app: 'y' },
  }))
    await api.ask('POST', configMaps, { body: configMap(name, { key: name }, { labels }) });
  await api.ask('POST', '/api/v1/namespaces/other/configmaps', { body: configMap('a') });
});
afterAll(async () => {
  await api.stop();
  await database.drop();
});

const names = (body: { items: { metadata: { name: string } }[] }) =>
  body.items.map(({ metadata }) => metadata.name);

describe('get', () => {
  test('answers the object as it was created', async () => {
    const { status, body } = await api.ask('GET', `${configMaps}/a`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: 'a',
        namespace: 'kagari',
        uid: expect.any(String),
        resourceVersion: expect.any(String),
      },
      data: { key: 'a' },
    });
  });

  test('of what is not there is NotFound with its details', async () => {
    const { status, body } = await api.ask('GET', `${services}/nope`);
    expect(status).toBe(404);
    expect(body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'services.serving.knative.dev "nope" not found',
      reason: 'NotFound',
      details: { name: 'nope', group: 'serving.knative.dev', kind: 'services' },
      code: 404,
    });
  });

  test('in YAML, as metadata only, or as nothing the API speaks', async () => {
    const yaml = await api.ask('GET', `${configMaps}/a`, { accept: 'application/yaml' });
    expect(yaml.headers['content-type']).toBe('application/yaml');
    expect(yaml.text).toContain('kind: ConfigMap\n');
    const partial = await api.ask('GET', `${configMaps}/a`, {
      accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
    });
    expect(partial.body).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'a' } });
    expect(partial.body.data).toBeUndefined();
    const none = await api.ask('GET', `${configMaps}/a`, { accept: 'text/html' });
    expect(none.body).toMatchObject({ code: 406, reason: 'NotAcceptable' });
  });

  test('a status subresource answers the whole object, another subresource is not there', async () => {
    await api.ask('POST', services, { body: service('with-status') });
    expect((await api.ask('GET', `${services}/with-status/status`)).body.metadata.name).toBe('with-status');
    expect((await api.ask('GET', `${configMaps}/a/status`)).status).toBe(404);
    await api.ask('DELETE', `${services}/with-status`);
  });
});

describe('list', () => {
  test('of a namespace and of all, sorted, at a resourceVersion', async () => {
    const one = await api.ask('GET', configMaps);
    expect(one.body).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' });
    expect(one.body.metadata.resourceVersion).toBe(api.store.revision());
    expect(names(one.body)).toEqual(['a', 'b', 'c']);
    expect(names((await api.ask('GET', '/api/v1/configmaps')).body)).toEqual(['a', 'b', 'c', 'a']);
    expect(names((await api.ask('GET', '/api/v1/namespaces/nowhere/configmaps')).body)).toEqual([]);
  });

  test.each<[string, string[]]>([
    ['labelSelector=app%3Dx', ['a', 'b']],
    ['labelSelector=app%3Dx,tier', ['a']],
    ['labelSelector=app%20in%20(x,y),!tier', ['b', 'c']],
    ['labelSelector=app%20notin%20(x)', ['c']],
    ['fieldSelector=metadata.name%3Db', ['b']],
    ['fieldSelector=metadata.name!%3Db', ['a', 'c']],
    ['fieldSelector=metadata.namespace%3Dother', []],
    ['labelSelector=app%3Dx&fieldSelector=metadata.name%3Da', ['a']],
  ])('chooses by %s', async (query, expected) => {
    expect(names((await api.ask('GET', `${configMaps}?${query}`)).body)).toEqual(expected);
  });

  test.each([
    'labelSelector=a%20in%20b',
    'fieldSelector=data.key%3Da',
    'limit=x',
    'limit=-1',
    'continue=x',
    'resourceVersion=x',
  ])('a query that makes no sense is a BadRequest: %s', async (query) => {
    const { status, body } = await api.ask('GET', `${configMaps}?${query}`);
    expect([status, body.reason]).toEqual([400, 'BadRequest']);
  });

  test('its pages are of one moment, whatever is written between them', async () => {
    const first = await api.ask('GET', '/api/v1/configmaps?limit=2');
    expect(names(first.body)).toEqual(['a', 'b']);
    expect(first.body.metadata).toMatchObject({ continue: expect.any(String), remainingItemCount: 2 });
    await api.ask('DELETE', `${configMaps}/c`);
    await api.ask('POST', configMaps, { body: configMap('b2') });
    const more = encodeURIComponent(first.body.metadata.continue);
    const second = await api.ask('GET', `/api/v1/configmaps?limit=2&continue=${more}`);
    expect(names(second.body)).toEqual(['c', 'a']);
    expect(second.body.metadata.continue).toBeUndefined();
    expect(second.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
    await api.ask('DELETE', `${configMaps}/b2`);
    await api.ask('POST', configMaps, { body: configMap('c', { key: 'c' }, { labels: { app: 'y' } }) });
  });

  test('with selectors, pages hold as many as were asked for and no empty page follows', async () => {
    const query = `labelSelector=${encodeURIComponent('app=x')}`;
    const first = await api.ask('GET', `${configMaps}?${query}&limit=1`);
    expect(names(first.body)).toEqual(['a']);
    expect(first.body.metadata.remainingItemCount).toBeUndefined();
    const second = await api.ask(
      'GET',
      `${configMaps}?${query}&limit=1&continue=${first.body.metadata.continue}`,
    );
    expect(names(second.body)).toEqual(['b']);
    expect(second.body.metadata.continue).toBeUndefined();
  });

  test('a page of a list that is no longer kept is Expired', async () => {
    const token = Buffer.from(JSON.stringify({ v: 1, rv: '1', next: 2 })).toString('base64url');
    const { body } = await api.ask('GET', `${configMaps}?continue=${token}`);
    expect(body).toMatchObject({ code: 410, reason: 'Expired' });
  });

  test('no older than a version to come is a Timeout that says which', async () => {
    const { body } = await api.ask('GET', `${configMaps}?resourceVersion=999999`);
    expect(body).toMatchObject({
      code: 504,
      reason: 'Timeout',
      details: { causes: [{ reason: 'ResourceVersionTooLarge' }] },
    });
    expect(
      (await api.ask('GET', `${configMaps}?resourceVersion=1&resourceVersionMatch=NotOlderThan`)).status,
    ).toBe(200);
    expect(
      (await api.ask('GET', `${configMaps}?resourceVersion=1&resourceVersionMatch=Exact`)).body.reason,
    ).toBe('Expired');
  });
});

describe('Tables', () => {
  const headers = async (path: string) => {
    const { body } = await api.ask('GET', path, { accept: table });
    expect(body).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
    return body.columnDefinitions.map(({ name }: { name: string }) => name);
  };

  test.each<[string, string[]]>([
    [`${serving}/services`, ['Name', 'URL', 'LatestCreated', 'LatestReady', 'Ready', 'Reason']],
    [`${serving}/configurations`, ['Name', 'LatestCreated', 'LatestReady', 'Ready', 'Reason']],
    [
      `${serving}/revisions`,
      ['Name', 'Config Name', 'Generation', 'Ready', 'Reason', 'Actual Replicas', 'Desired Replicas'],
    ],
    [`${serving}/routes`, ['Name', 'URL', 'Ready', 'Reason']],
    ['/apis/serving.knative.dev/v1beta1/domainmappings', ['Name', 'URL', 'Ready', 'Reason']],
    ['/apis/eventing.knative.dev/v1/brokers', ['Name', 'URL', 'Age', 'Ready', 'Reason', 'Class']],
    [
      '/apis/eventing.knative.dev/v1/triggers',
      ['Name', 'Broker', 'Subscriber_URI', 'Age', 'Ready', 'Reason'],
    ],
    ['/apis/sources.knative.dev/v1/pingsources', ['Name', 'Sink', 'Schedule', 'Age', 'Ready', 'Reason']],
    ['/apis/sources.knative.dev/v1/sinkbindings', ['Name', 'Sink', 'Age', 'Ready', 'Reason']],
    [
      '/apis/sources.knative.dev/v1/kafkasources',
      ['Name', 'Topics', 'BootstrapServers', 'Ready', 'Reason', 'Age'],
    ],
    ['/api/v1/configmaps', ['Name', 'Data', 'Age']],
    ['/api/v1/secrets', ['Name', 'Type', 'Data', 'Age']],
    ['/api/v1/namespaces', ['Name', 'Status', 'Age']],
    ['/api/v1/services', ['Name', 'Type', 'Cluster-IP', 'External-IP', 'Port(s)', 'Age', 'Selector']],
  ])('%s has the columns that a cluster prints', async (path, columns) => {
    expect(await headers(path)).toEqual(columns);
  });

  test("show a Service's status as kubectl prints it", async () => {
    const created = await api.ask('POST', services, { body: service('shown') });
    await api.ask('PUT', `${services}/shown/status`, {
      body: {
        ...created.body,
        status: {
          url: 'http://shown.kagari.localhost',
          latestCreatedRevisionName: 'shown-00002',
          latestReadyRevisionName: 'shown-00001',
          conditions: [
            { type: 'ConfigurationsReady', status: 'True' },
            { type: 'Ready', status: 'False', reason: 'RevisionFailed' },
          ],
        },
      },
    });
    const { body } = await api.ask('GET', `${services}/shown`, { accept: table });
    expect(body.rows[0].cells).toEqual([
      'shown',
      'http://shown.kagari.localhost',
      'shown-00002',
      'shown-00001',
      'False',
      'RevisionFailed',
    ]);
    expect(body.rows[0].object).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'shown' } });
    const whole = await api.ask('GET', `${services}/shown?includeObject=Object`, { accept: table });
    expect(whole.body.rows[0].object).toMatchObject({ kind: 'Service', spec: {} });
    const bare = await api.ask('GET', `${services}/shown?includeObject=None`, { accept: table });
    expect(bare.body.rows[0].object).toBeUndefined();
    const wrong = await api.ask('GET', `${services}/shown?includeObject=All`, { accept: table });
    expect(wrong.body.reason).toBe('Invalid');
    await api.ask('DELETE', `${services}/shown`);
  });

  test('what an object does not say is null, and counts are numbers', async () => {
    const { body } = await api.ask('GET', configMaps, { accept: table });
    expect(body.rows[0].cells).toEqual(['a', 1, expect.stringMatching(/^\d+s$/)]);
    await api.ask('POST', services, { body: service('new') });
    const unknown = await api.ask('GET', `${services}/new`, { accept: table });
    expect(unknown.body.rows[0].cells).toEqual(['new', null, null, null, null, null]);
    await api.ask('DELETE', `${services}/new`);
  });
});

describe('what is not served', () => {
  test.each<[string, string]>([
    ['/apis/apps/v1/namespaces/kagari/deployments', 'describe it as a serving.knative.dev/v1 Service'],
    ['/apis/batch/v1/jobs', 'PingSource'],
    ['/apis/messaging.knative.dev/v1/channels', 'Broker and Triggers'],
    ['/api/v1/endpoints', 'kubectl get pods -l serving.knative.dev/service=NAME'],
    ['/apis/serving.knative.dev/v1/namespaces/kagari/things', 'could not find the requested resource'],
    ['/apis/serving.knative.dev/v2/services', 'could not find the requested resource'],
    ['/api/v1/configmaps/a', 'could not find the requested resource'],
    ['/api/v1/namespaces/kagari/nodes', 'could not find the requested resource'],
    ['/apis/apps/v1', 'describe it as a serving.knative.dev/v1 Service'],
    ['/nowhere', 'could not find the requested resource'],
  ])('%s is NotFound, with what to use instead', async (path, advice) => {
    const { status, body } = await api.ask('GET', path);
    expect(status).toBe(404);
    expect(body).toMatchObject({ kind: 'Status', reason: 'NotFound', code: 404 });
    expect(body.message).toContain(advice);
  });

  test.each<[string, string, string]>([
    ['PUT', configMaps, 'PUT is not supported'],
    ['PATCH', configMaps, 'PATCH is not supported'],
    ['POST', '/api/v1/configmaps', 'create is not supported'],
    ['POST', `${configMaps}/a`, 'create is not supported'],
    ['OPTIONS', configMaps, 'OPTIONS is not supported'],
    ['PATCH', `${services}/a/scale`, 'kn service update NAME --scale'],
    ['GET', `${services}/a/scale`, 'kn service update NAME --scale'],
    ['POST', '/apis', 'POST is not supported'],
  ])('%s %s is MethodNotAllowed', async (method, path, message) => {
    const { status, body } = await api.ask(method, path);
    expect([status, body.reason]).toEqual([405, 'MethodNotAllowed']);
    expect(body.message).toContain(message);
  });
});
