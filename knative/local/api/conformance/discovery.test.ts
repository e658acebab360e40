import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../../test/support/postgres.ts';
import { resources } from '../catalogue/resources.ts';
import { startTestApi, type TestApi } from '../testing/api.ts';
import { table } from '../testing/objects.ts';

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

const read = async (path: string) => (await api.ask('GET', path)).body;

describe('discovery', () => {
  test('names groups and versions, one preferred', async () => {
    expect(await read('/api')).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
    const { kind, groups } = await read('/apis');
    expect(kind).toBe('APIGroupList');
    expect(groups.map(({ name }: { name: string }) => name)).toEqual([
      'serving.knative.dev',
      'eventing.knative.dev',
      'sources.knative.dev',
      'apiextensions.k8s.io',
      'metrics.k8s.io',
    ]);
    expect(await read('/apis/serving.knative.dev')).toMatchObject({
      kind: 'APIGroup',
      versions: [{ version: 'v1' }, { version: 'v1beta1' }],
      preferredVersion: { groupVersion: 'serving.knative.dev/v1' },
    });
  });

  test('names every resource with its short names, verbs and subresources, and each of them answers', async () => {
    for (const { group, version, plural, shortNames, verbs, status } of resources) {
      const root = group ? `/apis/${group}/${version}` : `/api/${version}`;
      const list = await read(root);
      const found = list.resources.find(({ name }: { name: string }) => name === plural);
      expect(found).toMatchObject({ verbs, ...(shortNames.length > 0 && { shortNames }) });
      expect(list.resources.some(({ name }: { name: string }) => name === `${plural}/status`)).toBe(status);
      expect((await read(`${root}/${plural}`)).kind).toBe(`${found.kind}List`);
    }
  });
});

describe('OpenAPI v3', () => {
  test('the index leads to a document of each version, which may be kept for ever', async () => {
    const { paths } = await read('/openapi/v3');
    expect(Object.keys(paths)).toContain('apis/serving.knative.dev/v1');
    for (const { serverRelativeURL } of Object.values<{ serverRelativeURL: string }>(paths)) {
      const { status, headers, body } = await api.ask('GET', serverRelativeURL);
      expect([status, body.openapi]).toEqual([200, '3.0.0']);
      expect(headers['cache-control']).toContain('immutable');
      const again = await api.ask('GET', serverRelativeURL, {
        headers: { 'if-none-match': headers.etag ?? '' },
      });
      expect(again.status).toBe(304);
    }
  });

  test('every kind that can be patched says so as kubectl wants it, with a schema of its fields', async () => {
    for (const { group, version, plural, name: kind } of resources.filter(({ verbs }) =>
      verbs.includes('patch'),
    )) {
      const document = await read(`/openapi/v3/${group ? `apis/${group}/${version}` : `api/${version}`}`);
      const [path] = Object.keys(document.paths).filter((one) => one.endsWith(`/${plural}/{name}`));
      const { patch } = document.paths[path ?? ''];
      expect(patch['x-kubernetes-group-version-kind']).toEqual({ group, version, kind });
      expect(patch.parameters).toContainEqual(
        expect.objectContaining({ name: 'fieldValidation', in: 'query' }),
      );
      const { $ref } = patch.requestBody.content['application/json'].schema;
      const schema = document.components.schemas[$ref.split('/').at(-1)];
      expect(schema['x-kubernetes-group-version-kind']).toEqual([{ group, version, kind }]);
      expect(Object.keys(schema.properties)).toEqual(
        expect.arrayContaining(['apiVersion', 'kind', 'metadata']),
      );
    }
  });

  test("a Service's schema knows its template", async () => {
    const { components } = await read('/openapi/v3/apis/serving.knative.dev/v1');
    const { template } = components.schemas['dev.knative.serving.v1.Service'].properties.spec.properties;
    expect(Object.keys(template.properties.spec.properties)).toEqual(
      expect.arrayContaining(['containers', 'volumes']),
    );
  });

  test('v2 is not there', async () => {
    expect((await api.ask('GET', '/openapi/v2')).status).toBe(404);
    expect((await api.ask('GET', '/openapi/v3/apis/apps/v1')).status).toBe(404);
  });
});

test('CustomResourceDefinitions tell kn which kinds are sources', async () => {
  const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const { items } = await read(`${crds}?labelSelector=duck.knative.dev/source%3Dtrue`);
  expect(items.map(({ spec }: { spec: { names: { kind: string } } }) => spec.names.kind).sort()).toEqual([
    'KafkaSource',
    'PingSource',
    'SinkBinding',
  ]);
  expect(await read(`${crds}/services.serving.knative.dev`)).toMatchObject({
    spec: { group: 'serving.knative.dev', names: { kind: 'Service', shortNames: ['kservice', 'ksvc'] } },
    status: {
      conditions: expect.arrayContaining([expect.objectContaining({ type: 'Established', status: 'True' })]),
    },
  });
  const rows = await api.ask('GET', crds, { accept: table });
  expect(rows.body.columnDefinitions.map(({ name }: { name: string }) => name)).toEqual([
    'Name',
    'Created At',
  ]);
  expect((await api.ask('POST', crds, { body: {} })).status).toBe(405);
});
