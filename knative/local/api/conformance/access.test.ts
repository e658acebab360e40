import { X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { freshDatabase, type TestDatabase } from '../../../../test/support/postgres.ts';
import { createAdmission } from '../../admission/admission.ts';
import { resources } from '../catalogue/resources.ts';
import { startTestApi, type TestApi } from '../testing/api.ts';
import {
  configMap,
  configMaps,
  merge,
  podsPath,
  secrets,
  service,
  services,
  serving,
  table,
} from '../testing/objects.ts';

/** ::1 where this machine has it. */
const loopback = ['127.0.0.1', '::1'].filter((address) =>
  Object.values(networkInterfaces()).some((all) => all?.some((one) => one.address === address)),
);

let database: TestDatabase;
let api: TestApi;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startTestApi(database.adminUrl);
  await api.ask('POST', services, { body: service('s') });
  await api.ask('POST', configMaps, { body: configMap('c') });
});
afterAll(async () => {
  await api.stop();
  await database.drop();
});

/** Every path of the API with every method, as a caller could try them. */
const everyRequest = resources.flatMap(({ group, version, plural, namespaced }) => {
  const root = `${group ? `/apis/${group}` : '/api'}/${version}${namespaced ? '/namespaces/kagari' : ''}/${plural}`;
  return ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].flatMap((method) =>
    [root, `${root}/x`, `${root}/x/status`].map((path) => [method, path] as const),
  );
});
const others = [
  '/api',
  '/apis',
  '/api/v1',
  '/apis/serving.knative.dev',
  '/apis/serving.knative.dev/v1',
  '/openapi/v3',
  '/nowhere',
  `${podsPath}/x/exec`,
];

describe('without a token of this server', () => {
  test.each([null, 'wrong', '', 'Bearer'])('%j: every request is Unauthorized', async (token) => {
    for (const [method, path] of [...everyRequest, ...others.map((path) => ['GET', path] as const)]) {
      const { status, body, headers } = await api.ask(method, path, { token });
      expect([method, path, status]).toEqual([method, path, 401]);
      expect(body).toEqual({
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: 'Unauthorized',
        reason: 'Unauthorized',
        code: 401,
      });
      expect(headers['www-authenticate']).toBe('Bearer');
    }
  });

  test('health and version answer', async () => {
    for (const path of ['/healthz', '/livez', '/readyz'])
      expect(await api.ask('GET', path, { token: null })).toMatchObject({ status: 200, text: 'ok' });
    const { body } = await api.ask('GET', '/version', { token: null });
    expect(body).toMatchObject({ major: '1', gitVersion: expect.stringContaining('kagari') });
  });
});

describe('another Host or Origin', () => {
  test.each<[string, Record<string, string>]>([
    ['Host', { host: 'evil.example' }],
    ['Origin', { origin: 'https://evil.example' }],
  ])('%s: Forbidden, whatever the token', async (_, headers) => {
    for (const path of [services, '/version', '/healthz', '/api']) {
      const { status, body } = await api.ask('GET', path, { headers });
      expect([status, body.reason]).toEqual([403, 'Forbidden']);
    }
  });

  test('its own passes', async () => {
    const headers = { host: `localhost:${api.port}`, origin: `https://localhost:${api.port}` };
    expect((await api.ask('GET', services, { headers })).status).toBe(200);
  });
});

describe('the console', () => {
  const asConsole = (method: string, path: string, asked: object = {}) =>
    api.ask(method, path, { token: api.tokens.console, ...asked });

  test('reads every kind', async () => {
    for (const { group, version, plural, verbs } of resources.filter((one) => one.verbs.includes('list'))) {
      const path = `${group ? `/apis/${group}` : '/api'}/${version}/${plural}`;
      expect((await asConsole('GET', path)).status).toBe(200);
      if (!verbs.includes('watch')) continue;
      const watch = await api.watch(`${path}?watch=1&timeoutSeconds=1`, { token: api.tokens.console });
      expect(watch.status).toBe(200);
      watch.close();
    }
    for (const path of ['/api', '/apis', serving, '/openapi/v3'])
      expect((await asConsole('GET', path)).status).toBe(200);
  });

  test('writes nothing, by no method on no path', async () => {
    const revision = api.store.revision();
    for (const [method, path] of everyRequest.filter(([method]) => method !== 'GET')) {
      const { status, body } = await asConsole(method, path.replace('/x', '/s'), { body: {}, type: merge });
      expect([method, path, [403, 405].includes(status)]).toEqual([method, path, true]);
      expect(body.kind).toBe('Status');
    }
    const { body } = await asConsole('DELETE', `${services}/s`);
    expect(body).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message:
        'services.serving.knative.dev "s" is forbidden: User "console" cannot delete resource "services" in API group "serving.knative.dev" in the namespace "kagari"',
      details: { name: 's', group: 'serving.knative.dev', kind: 'services' },
    });
    expect((await asConsole('POST', `${podsPath}/x/exec`)).status).toBe(403);
    expect(api.store.revision()).toBe(revision);
  });

  test("reads no Secret's value, however it asks", async () => {
    const value = Buffer.from('hidden-value').toString('base64');
    const applied = JSON.stringify({ data: { key: value }, stringData: { other: 'hidden-value' } });
    await api.ask('POST', secrets, {
      body: {
        metadata: {
          name: 'hidden',
          annotations: { 'kubectl.kubernetes.io/last-applied-configuration': applied, kept: 'yes' },
        },
        data: { key: value },
      },
    });
    const watching = await api.watch(`${secrets}?watch=1`, { token: api.tokens.console });
    await api.ask('PATCH', `${secrets}/hidden`, { type: merge, body: { metadata: { labels: { a: 'b' } } } });
    await watching.until((told) => told.length >= 2);
    watching.close();
    const seen = [JSON.stringify(watching.told)];
    for (const accept of [
      'application/json',
      'application/yaml',
      table,
      'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
    ])
      for (const path of [
        secrets,
        `${secrets}/hidden`,
        '/api/v1/secrets?limit=1',
        `${secrets}?includeObject=Object`,
      ])
        seen.push((await asConsole('GET', path, { accept })).text);
    for (const text of seen) {
      expect(text).toContain('hidden');
      expect(text).not.toContain(value);
      expect(text).not.toContain('hidden-value');
    }
    const { body } = await asConsole('GET', `${secrets}/hidden`);
    expect(body).toMatchObject({ data: { key: '' }, metadata: { annotations: { kept: 'yes' } } });
    const whole = await api.ask('GET', `${secrets}/hidden`);
    expect(whole.body.data.key).toBe(value);
    const rows = await asConsole('GET', secrets, { accept: table });
    expect(rows.body.rows[0].cells.slice(0, 3)).toEqual(['hidden', 'Opaque', 1]);
  });
});

describe('the server', () => {
  test('listens on loopback of both families with TLS that the kubeconfig trusts', async () => {
    const config = parse(await readFile(api.kubeconfig, 'utf8'));
    const [{ cluster }] = config.clusters;
    expect(cluster.server).toBe(api.url);
    expect(Buffer.from(cluster['certificate-authority-data'], 'base64').toString()).toBe(api.ca);
    expect(config.users[0].user.token).toBe(api.tokens.admin);
    expect((await stat(api.kubeconfig)).mode & 0o777).toBe(0o600);
    for (const host of loopback) {
      const socket = connect({ host, port: api.port, ca: api.ca, servername: 'localhost' });
      await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
      expect(socket.authorized).toBe(true);
      socket.destroy();
    }
  });

  test('says nothing of a failure of its own, and logs it', async () => {
    const { status, body } = await api.ask('GET', `${services}?limit=1&continue=${'A'.repeat(9_000)}`);
    expect([status, body.reason]).toEqual([400, 'BadRequest']);
    expect(api.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

test('nobody acts as another user', async () => {
  const { status } = await api.ask('GET', services, { headers: { 'impersonate-user': 'console' } });
  expect(status).toBe(403);
});

test('a certificate near its end is replaced while the server runs, and the kubeconfig trusts the new one', async () => {
  const shown = () =>
    new Promise<X509Certificate>((resolve, reject) => {
      const socket = connect({ port: renewed.port, host: '127.0.0.1', rejectUnauthorized: false });
      socket.once('error', reject).once('secureConnect', () => {
        resolve(new X509Certificate(socket.getPeerCertificate().raw));
        socket.destroy();
      });
    });
  const trusted = async () => {
    const [{ cluster }] = parse(await readFile(renewed.kubeconfig, 'utf8')).clusters;
    return new X509Certificate(Buffer.from(cluster['certificate-authority-data'], 'base64'));
  };
  vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] });
  const renewed = await startTestApi(database.adminUrl);
  try {
    const before = await shown();
    for (const days of [340, 3_300]) {
      vi.setSystemTime(Date.now() + days * 86_400_000);
      vi.advanceTimersByTime(12 * 3_600_000);
      await vi.waitFor(async () => {
        const now = await shown();
        expect(now.fingerprint256).not.toBe(before.fingerprint256);
        expect(now.verify((await trusted()).publicKey)).toBe(true);
        expect(new Date(now.validTo).getTime()).toBeGreaterThan(Date.now());
      }, 10_000);
    }
  } finally {
    vi.useRealTimers();
    await renewed.stop();
  }
});

test('closing ends watches cleanly, answers what is in hand, and frees the port', async () => {
  const inHand = Promise.withResolvers<void>();
  const admission = createAdmission();
  const second = await startTestApi(database.adminUrl, {
    admit: (asked) => {
      if (asked.object.metadata.name === 'last') inHand.resolve();
      return admission(asked);
    },
  });
  const watch = await second.watch(`${services}?watch=1`);
  await watch.until((told) => told.length > 0);
  const writing = second.ask('POST', configMaps, { body: configMap('last') });
  await inHand.promise;
  const started = performance.now();
  await second.api.close();
  await watch.ended;
  expect((await writing).status).toBe(201);
  expect(performance.now() - started).toBeLessThan(900);
  await expect(second.ask('GET', services)).rejects.toThrow();
  await second.stop();
});
