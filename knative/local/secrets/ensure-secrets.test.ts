import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalJWKSet, importJWK, jwtVerify, SignJWT } from 'jose';
import postgres from 'postgres';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { functionDatabases, roleName } from '../../../db/functions.ts';
import { migrate } from '../../../db/migrate.ts';
import { emptyDatabase, freshDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { createAdmission } from '../admission/admission.ts';
import { openStore } from '../store/testing.ts';
import { ensureSecrets } from './ensure-secrets.ts';
import { configValue, ensureNamespace, putConfig, putSecret, secretValue } from './kept.ts';
import { tellOperator } from './operator.ts';
import { rolePasswords } from './role-passwords.ts';
import { standingSecrets } from './standing-secrets.ts';

const functions = ['orders', 'auth'];
const adminUrl = 'postgres://owner:of-all@127.0.0.1:5432/kagari?sslmode=require';

let database: TestDatabase;
let store: Awaited<ReturnType<typeof openStore>>;
let home: string;

beforeEach(async () => {
  database = await freshDatabase();
  store = await openStore(database.adminUrl, { admit: createAdmission() });
  home = await mkdtemp(join(tmpdir(), 'kagari secrets '));
});

afterEach(async () => {
  await store.close();
  await database.drop();
  await rm(home, { recursive: true, force: true });
});

const ensure = (url = adminUrl) =>
  ensureSecrets(store, { adminUrl: url, passwords: rolePasswords(store, functions) });

const everything = () => [...store.list('Secret'), ...store.list('ConfigMap')];

describe('ensureSecrets', () => {
  it('makes what is missing, and a second call changes nothing', async () => {
    await ensure();
    const [made, revision] = [everything(), store.revision()];
    expect(made.map(({ metadata }) => metadata.name).sort()).toEqual([
      'auth-db',
      'auth-jwks',
      'auth-keys',
      'bank-webhook',
      'operator-bootstrap',
      'orders-db',
    ]);
    await ensure();
    expect(everything()).toEqual(made);
    expect(store.revision()).toBe(revision);
  });

  it('writes the login of the function and nobody else’s into its URL', async () => {
    await ensure();
    const url = new URL(secretValue(store, 'orders-db', 'url') ?? '');
    expect(url).toMatchObject({
      username: roleName('kagari', 'orders'),
      host: '127.0.0.1:5432',
      pathname: '/kagari',
      search: '?sslmode=require',
    });
    expect(url.password).toBe(rolePasswords(store, functions).orders);
    expect(url.password.length).toBeGreaterThan(30);
    expect(url.password).not.toBe(new URL(secretValue(store, 'auth-db', 'url') ?? '').password);
  });

  it('follows the database to another server and keeps the password', async () => {
    await ensure();
    const { orders } = rolePasswords(store, functions);
    await ensure('postgres://owner:x@db.example:6543/moved');
    expect(secretValue(store, 'orders-db', 'url')).toBe(
      `postgres://${roleName('moved', 'orders')}:${orders}@db.example:6543/moved`,
    );
  });

  it('keeps a password of any characters that a user chose for a role', async () => {
    await ensureNamespace(store);
    const chosen = 'p@ss:w/rd %?#é';
    const url = `postgres://${roleName('kagari', 'orders')}:${encodeURIComponent(chosen)}@old.example/kagari`;
    await putSecret(store, 'orders-db', { url, note: 'mine' });
    expect(rolePasswords(store, functions).orders).toBe(chosen);
    await ensure();
    const followed = new URL(secretValue(store, 'orders-db', 'url') ?? '');
    expect([decodeURIComponent(followed.password), followed.host]).toEqual([chosen, '127.0.0.1:5432']);
    expect(secretValue(store, 'orders-db', 'note')).toBe('mine');
  });

  it('never touches a URL with a login of the user’s own, or one that is no URL', async () => {
    await ensureNamespace(store);
    for (const url of [
      'postgres://me:mine@elsewhere.example/other',
      'later',
      'postgres://kagari_kagari_orders:%zz@h/d',
    ]) {
      await putSecret(store, 'orders-db', { url });
      await ensure();
      expect(secretValue(store, 'orders-db', 'url')).toBe(url);
    }
  });

  it('lets every function log in with its Secret, also when an earlier start died right after the migration', async () => {
    const empty = await emptyDatabase();
    const sql = postgres(empty.adminUrl, { max: 1, onnotice: () => {} });
    const migrated = async () => {
      const passwords = rolePasswords(await standingSecrets(sql), functionDatabases);
      await migrate(empty.adminUrl, { passwords });
      return passwords;
    };
    await migrated();
    const passwords = await migrated();
    const opened = await openStore(empty.adminUrl);
    await ensureSecrets(opened, { adminUrl: empty.adminUrl, passwords });
    expect(await migrated()).toEqual(passwords);
    for (const fn of functionDatabases) {
      const login = postgres(secretValue(opened, `${fn}-db`, 'url') ?? '', { max: 1 });
      expect(await login`select current_user::text as user`).toEqual([{ user: roleName(empty.name, fn) }]);
      await login.end();
    }
    await Promise.all([opened.close(), sql.end()]);
    await empty.drop();
  });

  it('publishes what verifies the signing key’s tokens, and none of its private part', async () => {
    await ensure();
    const key = JSON.parse(secretValue(store, 'auth-keys', 'private.jwk') ?? '');
    const jwks = JSON.parse(configValue(store, 'auth-jwks', 'jwks.json') ?? '');
    const token = await new SignJWT({})
      .setProtectedHeader({ alg: 'EdDSA', kid: key.kid })
      .sign(await importJWK(key));
    await expect(jwtVerify(token, createLocalJWKSet(jwks))).resolves.toBeDefined();
    expect(JSON.stringify(jwks)).not.toContain(key.d);
    expect(Object.keys(jwks.keys[0]).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
  });

  it('publishes a new key beside those published before', async () => {
    await ensure();
    const [before] = JSON.parse(configValue(store, 'auth-jwks', 'jwks.json') ?? '').keys;
    await store.remove('Secret', 'kagari', 'auth-keys');
    await ensure();
    const { keys } = JSON.parse(configValue(store, 'auth-jwks', 'jwks.json') ?? '');
    expect(keys).toHaveLength(2);
    expect(keys).toContainEqual(before);
  });

  it('says which key to mend and changes nothing where one cannot be read', async () => {
    await ensureNamespace(store);
    await putSecret(store, 'auth-keys', { 'private.jwk': '{"kty":"RSA"}' });
    await expect(ensure()).rejects.toThrow('Secret kagari/auth-keys: private.jwk is no Ed25519 key');
    expect(secretValue(store, 'auth-keys', 'private.jwk')).toBe('{"kty":"RSA"}');
    await store.remove('Secret', 'kagari', 'auth-keys');
    await putConfig(store, 'auth-jwks', { 'jwks.json': '[]' });
    await expect(ensure()).rejects.toThrow('ConfigMap kagari/auth-jwks: jwks.json is no JWK Set');
  });

  it('makes a webhook secret that Standard Webhooks takes', async () => {
    await ensure();
    const secret = secretValue(store, 'bank-webhook', 'secret') ?? '';
    expect(Buffer.from(secret.replace(/^whsec_/, ''), 'base64')).toHaveLength(32);
    expect(() => new Webhook(secret).sign('id', new Date(), '{}')).not.toThrow();
  });

  it('tells the operator’s login to the owner of the home folder only, as the Secret has it', async () => {
    await ensureNamespace(store);
    await putSecret(store, 'operator-bootstrap', { email: 'chief@shop.example' });
    const { operator: told } = await ensure();
    const operatorFile = await tellOperator(told, home);
    const operator = JSON.parse(await readFile(operatorFile, 'utf8'));
    expect(operator).toEqual({
      email: 'chief@shop.example',
      password: secretValue(store, 'operator-bootstrap', 'password'),
    });
    expect((await stat(operatorFile)).mode & 0o777).toBe(0o600);
    for (const content of ['stale', await readFile(operatorFile, 'utf8')]) {
      await writeFile(operatorFile, content);
      await chmod(operatorFile, 0o644);
      await tellOperator(told, home);
      expect(JSON.parse(await readFile(operatorFile, 'utf8'))).toEqual(operator);
      expect((await stat(operatorFile)).mode & 0o777).toBe(0o600);
    }
  });
});
