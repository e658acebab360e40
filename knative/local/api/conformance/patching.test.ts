import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../../test/support/postgres.ts';
import { startTestApi, type TestApi } from '../testing/api.ts';
import {
  applyPatch,
  configMap,
  configMaps,
  jsonPatchType,
  merge,
  service,
  services,
  strategic,
} from '../testing/objects.ts';

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

beforeEach(async () => {
  await api.ask('DELETE', configMaps);
  await api.ask('POST', configMaps, { body: configMap('c', { a: '1', b: '2' }, { labels: { l: 'x' } }) });
});

const patch = (path: string, type: string, body: unknown) => api.ask('PATCH', path, { type, body });

describe('a patch', () => {
  test.each<[string, string, unknown]>([
    ['merge', merge, { data: { a: '9', b: null } }],
    ['strategic merge', strategic, { data: { a: '9', b: null } }],
    ['strategic merge as kubectl apply sends it', strategic, { data: { a: '9', $patch: 'replace' } }],
    [
      'JSON',
      jsonPatchType,
      [
        { op: 'test', path: '/data/a', value: '1' },
        { op: 'replace', path: '/data/a', value: '9' },
        { op: 'remove', path: '/data/b' },
      ],
    ],
  ])('%s changes what it names', async (_, type, body) => {
    const answer = await patch(`${configMaps}/c`, type, body);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ data: { a: '9' }, metadata: { labels: { l: 'x' } } });
    expect(answer.body.data.b).toBeUndefined();
  });

  test('that changes nothing writes nothing', async () => {
    const revision = api.store.revision();
    for (const [type, body] of [
      [merge, { data: { a: '1' } }],
      [strategic, {}],
      [jsonPatchType, []],
      [`${applyPatch}`, 'metadata: { name: c }\ndata: { a: "1" }'],
    ] as const)
      expect((await patch(`${configMaps}/c?fieldManager=t`, type, body)).status).toBe(200);
    expect(api.store.revision()).toBe(revision);
  });

  test('of JSON is all of its operations or none', async () => {
    const { body } = await patch(`${configMaps}/c`, jsonPatchType, [
      { op: 'replace', path: '/data/a', value: '9' },
      { op: 'test', path: '/data/b', value: 'other' },
    ]);
    expect(body).toMatchObject({ code: 422, reason: 'Invalid' });
    expect(body.message).toContain('testing value /data/b failed');
    expect(api.store.get('ConfigMap', 'kagari', 'c')?.data.a).toBe('1');
  });

  test.each<[string, string, unknown, number]>([
    ['no JSON', merge, '{', 400],
    ['no object', merge, [], 400],
    ['no operations', jsonPatchType, {}, 400],
    ['an unknown operation', jsonPatchType, [{ op: 'x', path: '' }], 400],
    [
      'too many operations',
      jsonPatchType,
      Array(10_001).fill({ op: 'test', path: '/kind', value: 'ConfigMap' }),
      413,
    ],
    ['an unknown directive', strategic, { data: { $patch: 'x' } }, 400],
    ['another name', merge, { metadata: { name: 'd' } }, 400],
    ['another kind', merge, { kind: 'Secret' }, 400],
    ['a wrong type of field', merge, { data: { a: 1 } }, 422],
    ['another uid', merge, { metadata: { uid: 'other' } }, 409],
    ['an old version', merge, { metadata: { resourceVersion: '1' }, data: { a: '9' } }, 409],
    ['an unknown media type', 'application/json', {}, 415],
  ])('of %s is refused and changes nothing', async (_, type, body, code) => {
    const before = api.store.get('ConfigMap', 'kagari', 'c');
    const answer = await patch(`${configMaps}/c`, type, body);
    expect([answer.status, answer.body.code]).toEqual([code, code]);
    expect(api.store.get('ConfigMap', 'kagari', 'c')).toBe(before);
  });

  test('strategic is not for custom kinds', async () => {
    await api.ask('POST', services, { body: service('s') });
    const { body } = await patch(`${services}/s`, strategic, {});
    expect(body).toMatchObject({ code: 415, reason: 'UnsupportedMediaType' });
    expect(body.message).not.toContain('strategic');
  });

  test('of what is not there is NotFound', async () => {
    expect((await patch(`${configMaps}/none`, merge, {})).status).toBe(404);
    expect((await patch(`${configMaps}/none`, jsonPatchType, [])).status).toBe(404);
  });

  test('of unknown fields is refused, warned of or quiet', async () => {
    const ask = (validation: string) =>
      patch(`${configMaps}/c?fieldValidation=${validation}`, merge, { dat: { a: '1' } });
    const strict = await ask('Strict');
    expect(strict.body.message).toContain('unknown field "dat"');
    expect((await ask('Warn')).headers.warning).toBe(String.raw`299 - "unknown field \"dat\""`);
    expect((await ask('Ignore')).headers.warning).toBeUndefined();
    expect(api.store.get('ConfigMap', 'kagari', 'c')?.dat).toBeUndefined();
  });

  test('of a status leaves the spec, of a spec the status', async () => {
    await api.ask('POST', services, { body: service('both') });
    const status = await patch(`${services}/both/status`, merge, { status: { url: 'http://x' }, spec: null });
    expect(status.body).toMatchObject({ status: { url: 'http://x' }, spec: { template: {} } });
    const spec = await patch(`${services}/both`, merge, {
      status: { url: 'http://y' },
      metadata: { labels: { a: 'b' } },
    });
    expect(spec.body).toMatchObject({ status: { url: 'http://x' }, metadata: { labels: { a: 'b' } } });
  });

  test('many at once are all in the end: none is lost over another', async () => {
    const keys = Array.from({ length: 40 }, (_, index) => `k${index}`);
    const answers = await Promise.all(
      keys.map((key, index) =>
        index % 2
          ? patch(`${configMaps}/c`, merge, { data: { [key]: 'v' } })
          : patch(`${configMaps}/c`, jsonPatchType, [
              { op: 'remove', path: '/metadata/resourceVersion' },
              { op: 'add', path: `/data/${key}`, value: 'v' },
            ]),
      ),
    );
    const done = keys.filter((_, index) => answers[index]?.status === 200);
    expect(done.length).toBeGreaterThan(0);
    for (const answer of answers) if (answer.status !== 200) expect(answer.body.reason).toBe('Conflict');
    expect(Object.keys(api.store.get('ConfigMap', 'kagari', 'c')?.data)).toEqual(
      expect.arrayContaining(done),
    );
  });
});

describe('server-side apply', () => {
  const applied = (path: string, body: unknown, query = '?fieldManager=t&force=true') =>
    patch(`${path}${query}`, applyPatch, body);

  test('makes what is not there, from YAML or JSON', async () => {
    const made = await applied(
      `${configMaps}/new`,
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: new\ndata:\n  a: "1"\n',
    );
    expect(made.status).toBe(201);
    const json = await applied(`${configMaps}/json`, configMap('json', { a: '1' }));
    expect(json.body.data).toEqual({ a: '1' });
  });

  test('merges into what is there', async () => {
    const { status, body } = await applied(`${configMaps}/c`, configMap('c', { a: '9', z: '0' }));
    expect(status).toBe(200);
    expect(body.data).toEqual({ a: '9', b: '2', z: '0' });
  });

  test('wants a field manager, a namespace that is there, and the name of its path', async () => {
    expect((await applied(`${configMaps}/c`, {}, '')).body).toMatchObject({
      code: 422,
      details: { causes: [{ reason: 'FieldValueRequired', field: 'fieldManager' }] },
    });
    expect((await applied('/api/v1/namespaces/nowhere/configmaps/c', {})).status).toBe(404);
    expect((await applied(`${configMaps}/c`, configMap('other'))).status).toBe(400);
    expect((await applied(`${configMaps}/c`, 'a: [')).status).toBe(400);
    expect((await applied(`${services}/absent/status`, {})).status).toBe(404);
  });
});
