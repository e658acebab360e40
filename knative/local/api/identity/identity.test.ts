import { X509Certificate } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ensureCertificates } from './certificates.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { ensureTokens, identify } from './tokens.ts';

const day = 86_400_000;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kagari-identity-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const modes = async () =>
  Promise.all((await readdir(folder)).map(async (name) => (await stat(`${folder}/${name}`)).mode & 0o777));

describe('certificates', () => {
  const inDays = (days: number) => new Date(Date.now() + days * day);

  test("are the server's for loopback's names, signed by the authority, and only their owner's to read", async () => {
    const { ca, server } = await ensureCertificates(folder);
    const [authority, certificate] = [new X509Certificate(ca), new X509Certificate(server.cert)];
    expect(authority.ca).toBe(true);
    expect(certificate.ca).toBe(false);
    expect(certificate.verify(authority.publicKey)).toBe(true);
    expect(certificate.checkHost('localhost')).toBe('localhost');
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(certificate.checkIP('::1')).toBe('::1');
    expect(certificate.checkHost('example.com')).toBeUndefined();
    expect(await modes()).toEqual([0o600, 0o600, 0o600, 0o600]);
  });

  test('stay the same over restarts', async () => {
    expect(await ensureCertificates(folder)).toEqual(await ensureCertificates(folder));
  });

  test("the server's is renewed a month before its end, by the same authority", async () => {
    const first = await ensureCertificates(folder);
    expect(await ensureCertificates(folder, inDays(330))).toEqual(first);
    const second = await ensureCertificates(folder, inDays(336));
    expect(second.ca).toBe(first.ca);
    expect(second.server.cert).not.toBe(first.server.cert);
    expect(new X509Certificate(second.server.cert).verify(new X509Certificate(first.ca).publicKey)).toBe(
      true,
    );
    expect(new Date(new X509Certificate(second.server.cert).validTo).getTime()).toBeGreaterThan(
      inDays(700).getTime(),
    );
  });

  test('the authority is renewed a year before its end, and the server with it', async () => {
    const first = await ensureCertificates(folder);
    const second = await ensureCertificates(folder, inDays(3_300));
    expect(second.ca).not.toBe(first.ca);
    expect(new X509Certificate(second.server.cert).verify(new X509Certificate(second.ca).publicKey)).toBe(
      true,
    );
  });

  test('of a time to come (the clock went back) are made anew', async () => {
    const first = await ensureCertificates(folder, inDays(10));
    expect((await ensureCertificates(folder)).ca).not.toBe(first.ca);
  });

  test.each(['ca.crt', 'ca.key', 'server.crt', 'server.key'])('a damaged %s is mended', async (name) => {
    await ensureCertificates(folder);
    await truncate(`${folder}/${name}`, 40);
    const { ca, server } = await ensureCertificates(folder);
    expect(new X509Certificate(server.cert).verify(new X509Certificate(ca).publicKey)).toBe(true);
    expect(await ensureCertificates(folder)).toEqual({ ca, server });
  });
});

describe('tokens', () => {
  test('name their user, and nobody else is named', async () => {
    const tokens = await ensureTokens(folder);
    const userOf = identify(tokens);
    expect(userOf(`Bearer ${tokens.admin}`)).toBe('admin');
    expect(userOf(`bearer ${tokens.console}`)).toBe('console');
    for (const wrong of [undefined, '', 'Bearer', 'Bearer ', `Basic ${tokens.admin}`, tokens.admin])
      expect(userOf(wrong)).toBeUndefined();
    expect(userOf(`Bearer ${tokens.admin.slice(0, -1)}`)).toBeUndefined();
    expect(userOf(`Bearer ${tokens.admin}x`)).toBeUndefined();
  });

  test('stay over restarts, differ, and are shut to others even where they were not', async () => {
    const tokens = await ensureTokens(folder);
    await chmod(`${folder}/admin.token`, 0o644);
    expect(await ensureTokens(folder)).toEqual(tokens);
    expect(tokens.admin).not.toBe(tokens.console);
    expect(await modes()).toEqual([0o600, 0o600]);
  });

  test('an empty file does not let in whoever sends nothing', async () => {
    await writeFile(`${folder}/admin.token`, '');
    const tokens = await ensureTokens(folder);
    expect(tokens.admin).toHaveLength(43);
    expect(identify(tokens)('Bearer ')).toBeUndefined();
  });
});

test("the kubeconfig names server, authority and token, namespace kagari, and is its owner's only", async () => {
  const path = await writeKubeconfig(folder, { server: 'https://127.0.0.1:1', ca: 'CA', token: 'T' });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const config = parse(await readFile(path, 'utf8'));
  expect(config['current-context']).toBe('kagari');
  expect(config.contexts[0].context.namespace).toBe('kagari');
  expect(config.clusters[0].cluster).toEqual({
    server: 'https://127.0.0.1:1',
    'certificate-authority-data': Buffer.from('CA').toString('base64'),
  });
  expect(config.users[0].user).toEqual({ token: 'T' });
});
