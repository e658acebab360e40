import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { roleName } from '../../db/functions.ts';
import { startTestApi, type TestApi } from '../../knative/local/api/testing/api.ts';
import { ensureNamespace, secretValue } from '../../knative/local/secrets/kept.ts';
import { kubectl as program, unless } from '../../test/acceptance/support/tools.ts';
import { freshDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import { openClusterKeeper } from './cluster-keeper.ts';
import { ensureClusterSecrets, standsOnGivenDatabase } from './cluster-secrets.ts';
import { createKubectl, type Kubectl } from './kubectl.ts';
import { createTools, type Tools } from './tools.ts';

describe.skipIf(!program)(`Secrets of a cluster, through real kubectl${unless(program, 'KUBECTL')}`, () => {
  let database: TestDatabase;
  let api: TestApi;
  let kubectl: Kubectl;
  const ran: string[] = [];

  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    api = await startTestApi(database.adminUrl);
    await ensureNamespace(api.store);
    const env = { ...process.env, KUBECONFIG: api.kubeconfig };
    kubectl = createKubectl(
      listening(createTools({ env, signal: new AbortController().signal })),
      ['kubectl'],
      'kagari',
    );
  });
  afterEach(async () => {
    for (const { kind, metadata } of everything()) await api.store.remove(kind, 'kagari', metadata.name);
    await api.stop();
  });

  const listening = (tools: Tools): Tools => ({
    ...tools,
    run: (name, args, options) => {
      ran.push([name, ...args].join(' '));
      return tools.run(name, args, options);
    },
  });
  const everything = () => [...api.store.list('Secret'), ...api.store.list('ConfigMap')];
  const value = (name: string, key: string) => secretValue(api.store, name, key) ?? '';
  const ensure = async (url?: string): Promise<string[]> => {
    const told: string[] = [];
    await ensureClusterSecrets(await openClusterKeeper(kubectl, (what) => told.push(what)), url);
    return told;
  };

  it('makes what is missing, tells names alone, and a second run changes nothing', async () => {
    const told = await ensure();
    const [made, revision] = [everything(), api.store.revision()];
    expect(told).toEqual(
      expect.arrayContaining(['Secret database-admin', 'Secret orders-db', 'ConfigMap auth-jwks']),
    );
    const url = new URL(value('database-admin', 'url'));
    expect(url).toMatchObject({
      hostname: 'postgres.kagari.svc.cluster.local',
      username: 'kagari',
      pathname: '/kagari',
    });
    expect(url.password).toBe(value('database-admin', 'password'));
    expect(new URL(value('orders-db', 'url'))).toMatchObject({
      host: url.host,
      username: roleName('kagari', 'orders'),
    });
    expect(await ensure()).toEqual([]);
    expect(everything()).toEqual(made);
    expect(api.store.revision()).toBe(revision);
  });

  it('never has a secret among the arguments of a process', async () => {
    ran.length = 0;
    await ensure('postgres://owner:of-all@db.example:6543/shop');
    const secrets = api.store
      .list('Secret')
      .flatMap(({ data }) => Object.values<string>(data))
      .flatMap((encoded) => [encoded, Buffer.from(encoded, 'base64').toString()]);
    expect(secrets.length).toBeGreaterThan(10);
    for (const secret of secrets) expect(ran.filter((line) => line.includes(secret))).toEqual([]);
  });

  it('follows the database to another server and keeps every password and key', async () => {
    await ensure();
    const before = new Map(everything().map(({ metadata, data }) => [metadata.name, data]));
    const passwordOf = (name: string) => new URL(value(name, 'url')).password;
    const password = passwordOf('orders-db');
    await ensure('postgres://owner:of-all@db.example:6543/kagari?sslmode=require');
    expect(new URL(value('orders-db', 'url'))).toMatchObject({
      host: 'db.example:6543',
      password,
      search: '?sslmode=require',
    });
    expect(value('database-admin', 'url')).toContain('db.example:6543');
    for (const name of ['auth-keys', 'bank-webhook', 'operator-bootstrap', 'auth-jwks'])
      expect(everything().find(({ metadata }) => metadata.name === name)?.data).toEqual(before.get(name));
  });

  it('knows the overlay’s database from a given one, and from none', async () => {
    expect(standsOnGivenDatabase(api.store)).toBeUndefined();
    await ensure();
    expect(standsOnGivenDatabase(api.store)).toBe(false);
  });

  it('stays with a given database in a run that does not name it again', async () => {
    const url = 'postgres://owner:of-all@db.example:6543/kagari';
    await ensure(url);
    expect(await ensure()).toEqual([]);
    expect(value('database-admin', 'url')).toBe(url);
    expect(standsOnGivenDatabase(api.store)).toBe(true);
  });

  it('refuses to write over what somebody changed meanwhile', async () => {
    await ensure();
    const keeper = await openClusterKeeper(kubectl, () => {});
    const [read] = [keeper.get('Secret', 'kagari', 'bank-webhook')];
    await api.store.update({
      ...api.store.get('Secret', 'kagari', 'bank-webhook')!,
      data: { secret: 'b3RoZXI=' },
    });
    await expect(keeper.update({ ...read!, data: { secret: 'bWluZQ==' } })).rejects.toThrow(
      /modified|conflict/i,
    );
    expect(value('bank-webhook', 'secret')).toBe('other');
  });
});
