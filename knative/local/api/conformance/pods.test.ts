import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../../test/support/postgres.ts';
import { startTestApi, type TestApi } from '../testing/api.ts';
import type { FakePod } from '../testing/fake-pods.ts';
import { podsPath, service, services, table } from '../testing/objects.ts';

let database: TestDatabase;
let api: TestApi;
let pod: FakePod;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startTestApi(database.adminUrl);
  const { body } = await api.ask('POST', services, { body: service('orders') });
  const metadata = { name: 'orders', namespace: 'kagari' };
  const { template } = body.spec;
  const {
    kind,
    apiVersion,
    metadata: configuration,
  } = await api.store.create({
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Configuration',
    metadata,
    spec: { template },
  });
  await api.store.create({
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Revision',
    metadata: {
      name: 'orders-00001',
      namespace: 'kagari',
      labels: {
        'serving.knative.dev/configuration': 'orders',
        'serving.knative.dev/configurationGeneration': '1',
        'serving.knative.dev/service': 'orders',
      },
      ownerReferences: [{ apiVersion, kind, name: 'orders', uid: configuration.uid, controller: true }],
    },
    spec: template.spec,
  });
});
afterAll(async () => {
  await api.stop();
  await database.drop();
});
beforeEach(() => {
  pod?.vanish();
  api.pods.killed.length = 0;
  pod = api.pods.start('kagari/orders-00001', 'orders');
});

const cells = async (query = '') =>
  (await api.ask('GET', `${podsPath}${query}`, { accept: table })).body.rows[0].cells;

describe('pods', () => {
  test("have Knative's names and labels, and their Revision's container", async () => {
    const { body } = await api.ask('GET', `${podsPath}/${pod.name}`);
    expect(body).toMatchObject({
      kind: 'Pod',
      metadata: {
        name: expect.stringMatching(/^orders-00001-deployment-[a-z0-9]+$/),
        namespace: 'kagari',
        labels: {
          app: 'orders-00001',
          'serving.knative.dev/configuration': 'orders',
          'serving.knative.dev/configurationGeneration': '1',
          'serving.knative.dev/revision': 'orders-00001',
          'serving.knative.dev/revisionUID': expect.any(String),
          'serving.knative.dev/service': 'orders',
        },
        annotations: { 'kagari.dev/pid': String(process.pid), 'kagari.dev/port': '20001' },
        ownerReferences: [{ kind: 'Revision', name: 'orders-00001' }],
      },
      spec: { containers: [{ name: 'user-container', image: 'dev.local/hello:v1' }] },
    });
  });

  test('show READY STATUS RESTARTS AGE through their life', async () => {
    expect(await cells()).toEqual([
      pod.name,
      '0/1',
      'ContainerCreating',
      '0',
      '0s',
      '127.0.0.1',
      'kagari',
      '<none>',
      '<none>',
    ]);
    pod.becomeReady();
    expect((await cells()).slice(1, 4)).toEqual(['1/1', 'Running', '0']);
    pod.crash();
    expect((await cells()).slice(1, 4)).toEqual(['0/1', 'Running', '1']);
    await api.ask('DELETE', `${podsPath}/${pod.name}`);
    expect((await cells()).slice(1, 3)).toEqual(['0/1', 'Terminating']);
  });

  test('are found by labels and fields, in their namespace and in all', async () => {
    const names = async (path: string) =>
      (await api.ask('GET', path)).body.items.map((one: { metadata: { name: string } }) => one.metadata.name);
    expect(await names(`${podsPath}?labelSelector=serving.knative.dev/service%3Dorders`)).toEqual([pod.name]);
    expect(await names(`${podsPath}?labelSelector=serving.knative.dev/service%3Dother`)).toEqual([]);
    expect(await names('/api/v1/pods?fieldSelector=status.phase%3DPending')).toEqual([pod.name]);
    expect(await names('/api/v1/namespaces/default/pods')).toEqual([]);
  });

  test('are watched until they are ready, and until they are gone', async () => {
    const { body } = await api.ask('GET', podsPath);
    const watch = await api.watch(`${podsPath}?watch=1&resourceVersion=${body.metadata.resourceVersion}`);
    pod.becomeReady();
    await watch.until((told) => told.length >= 1);
    expect(watch.told[0]?.object.status.conditions).toContainEqual(
      expect.objectContaining({ type: 'Ready', status: 'True' }),
    );
    pod.vanish();
    await watch.until((told) => told.length >= 2);
    expect(watch.told.map(({ type }) => type)).toEqual(['MODIFIED', 'DELETED']);
    watch.close();
  });

  test('end when they are deleted', async () => {
    const dry = await api.ask('DELETE', `${podsPath}/${pod.name}?dryRun=All`);
    expect([dry.status, api.pods.killed.length]).toEqual([200, 0]);
    const wrong = await api.ask('DELETE', `${podsPath}/${pod.name}`, {
      body: { preconditions: { uid: 'other' } },
    });
    expect([wrong.status, api.pods.killed.length]).toEqual([409, 0]);
    const { status, body, headers } = await api.ask('DELETE', `${podsPath}/${pod.name}`, {
      body: { gracePeriodSeconds: 5 },
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ kind: 'Pod', metadata: { deletionTimestamp: expect.any(String) } });
    expect(api.pods.killed).toEqual([pod.name]);
    expect(headers.warning).toContain('gracePeriodSeconds is not honoured');
    expect((await api.ask('DELETE', `${podsPath}/nope`)).status).toBe(404);
  });

  test('as a collection end by their labels', async () => {
    await api.ask('DELETE', `${podsPath}?labelSelector=serving.knative.dev/service%3Dother`);
    expect(api.pods.killed).toEqual([]);
    await api.ask('DELETE', `${podsPath}?labelSelector=serving.knative.dev/service%3Dorders`);
    expect(api.pods.killed).toEqual([pod.name]);
  });

  test.each<[string, string, string]>([
    ['POST', '/exec?command=ls', 'kubectl logs'],
    ['POST', '/attach', 'kubectl logs'],
    ['POST', '/portforward', 'kagari.dev/port'],
    ['GET', '/proxy/', 'kagari.dev/port'],
    ['POST', '/eviction', 'delete the pod'],
    ['PATCH', '/ephemeralcontainers', 'kubectl logs'],
    ['PUT', '', 'serving.knative.dev/v1 Service'],
    ['PATCH', '', 'serving.knative.dev/v1 Service'],
  ])('%s %s is not served: the answer says what to use', async (method, path, advice) => {
    const { status, body } = await api.ask(method, `${podsPath}/${pod.name}${path}`);
    expect([status, body.reason]).toEqual([405, 'MethodNotAllowed']);
    expect(body.message).toContain(advice);
  });

  test('are not made by hand', async () => {
    const { body } = await api.ask('POST', podsPath, { body: { metadata: { name: 'x' } } });
    expect(body.message).toContain('describe it as a serving.knative.dev/v1 Service');
  });
});

describe('logs', () => {
  const log = (query = '') => api.ask('GET', `${podsPath}/${pod.name}/log${query}`);

  test('are plain lines; the last of them, those since, with times, so many bytes', async () => {
    pod.say('old', new Date(Date.now() - 60_000));
    pod.say('one');
    pod.say('two ü', new Date('2026-01-02T03:04:05.006Z'));
    const all = await log();
    expect(all).toMatchObject({ status: 200, text: 'old\none\ntwo ü\n' });
    expect(all.headers['content-type']).toContain('text/plain');
    expect((await log('?tailLines=1')).text).toBe('two ü\n');
    expect((await log('?tailLines=0')).text).toBe('');
    expect((await log('?sinceSeconds=30')).text).toContain('one\n');
    expect((await log('?sinceSeconds=30')).text).not.toContain('old');
    expect((await log(`?sinceTime=${new Date(Date.now() - 30_000).toISOString()}`)).text).not.toContain(
      'old',
    );
    expect((await log('?tailLines=1&timestamps=true')).text).toBe('2026-01-02T03:04:05.006000000Z two ü\n');
    expect((await log('?limitBytes=5')).text).toBe('old\no');
    expect((await log('?container=user-container')).status).toBe(200);
  });

  test.each<[string, string]>([
    ['?container=queue-proxy', 'container queue-proxy is not valid for pod'],
    ['?previous=true', 'previous terminated container "user-container" in pod'],
    ['?tailLines=x', 'invalid tailLines'],
    ['?sinceTime=yesterday', 'is no RFC 3339 time'],
    ['?sinceTime=2026-01-01T00:00:00Z&sinceSeconds=1', 'at most one of'],
  ])('%s is a BadRequest', async (query, message) => {
    const { status, body } = await log(query);
    expect(status).toBe(400);
    expect(body.message).toContain(message);
  });

  test('are of the present process, with previous of the one before', async () => {
    pod.say('first');
    pod.crash();
    pod.say('second');
    expect((await log()).text).toBe('second\n');
    expect((await log('?previous=true')).text).toBe('first\n');
  });

  test('followed give each line once until the pod is gone', async () => {
    pod.becomeReady();
    pod.say('1');
    pod.say('2');
    const incoming = await api.open('GET', `${podsPath}/${pod.name}/log?follow=true&tailLines=1`);
    let text = '';
    incoming.on('data', (chunk: string) => {
      text += chunk;
    });
    await expect.poll(() => text).toBe('2\n');
    for (const line of ['3', '4']) pod.say(line);
    await expect.poll(() => text).toBe('2\n3\n4\n');
    pod.vanish();
    await new Promise((resolve) => incoming.once('end', resolve));
    expect(text).toBe('2\n3\n4\n');
  });

  test('followed end with their process, not with the next one', async () => {
    pod.becomeReady();
    const incoming = await api.open('GET', `${podsPath}/${pod.name}/log?follow=true`);
    let text = '';
    incoming.on('data', (chunk: string) => {
      text += chunk;
    });
    pod.say('last words');
    pod.crash();
    pod.say('of the next');
    await new Promise((resolve) => incoming.once('end', resolve));
    expect(text).toBe('last words\n');
  });

  test('of no pod are NotFound', async () => {
    expect((await api.ask('GET', `${podsPath}/nope/log`)).body.message).toBe('pods "nope" not found');
  });
});

test('metrics are there for kubectl top', async () => {
  pod.becomeReady();
  const { body } = await api.ask(
    'GET',
    '/apis/metrics.k8s.io/v1beta1/namespaces/kagari/pods?labelSelector=app%3Dorders-00001',
  );
  expect(body).toMatchObject({
    kind: 'PodMetricsList',
    items: [
      {
        metadata: { name: pod.name },
        containers: [{ name: 'user-container', usage: { cpu: expect.any(String) } }],
      },
    ],
  });
  const one = await api.ask('GET', `/apis/metrics.k8s.io/v1beta1/namespaces/kagari/pods/${pod.name}`);
  expect(one.body.kind).toBe('PodMetrics');
  expect((await api.ask('GET', '/apis/metrics.k8s.io/v1beta1/nodes')).body.items).toHaveLength(1);
  expect((await api.ask('GET', '/api/v1/nodes/kagari')).body.status.capacity.cpu).toMatch(/^\d+$/);
  expect((await api.ask('DELETE', '/api/v1/nodes/kagari')).status).toBe(405);
});
