import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Certificate } from './issue-certificate.ts';
import { readPrivate, writePrivate } from './private-file.ts';

export interface Certificates {
  /** The authority's certificate, PEM: what clients trust. */
  ca: string;
  server: Certificate;
}

const day = 86_400_000;
const authority = { name: 'kagari', days: 3650, renewDays: 365 };
const server = { dns: ['localhost'], ips: ['127.0.0.1', '::1'], days: 365, renewDays: 30 };

/**
 * The authority and the server's certificate in `folder`: made where they are missing, damaged, not of each other, or
 * near their end. A new authority always comes with a new server certificate.
 */
export const ensureCertificates = async (folder: string, now: Date = new Date()): Promise<Certificates> => {
  const until = (days: number) => new Date(now.getTime() + days * day);
  // A clock that goes back a little must not make them invalid.
  const notBefore = until(-1);
  const keptAuthority = await read(folder, 'ca');
  const keptServer = await read(folder, 'server');

  if (keptAuthority && standsUntil(keptAuthority, now, until(authority.renewDays))) {
    const ca = keptAuthority.cert;
    if (keptServer && isOf(keptServer, ca) && standsUntil(keptServer, now, until(server.renewDays)))
      return { ca, server: keptServer };
    const { issueServer } = await import('./issue-certificate.ts');
    const issued = await issueServer(keptAuthority, { ...server, notBefore, notAfter: until(server.days) });
    await write(folder, 'server', issued);
    return { ca, server: issued };
  }

  const { issueAuthority, issueServer } = await import('./issue-certificate.ts');
  const root = await issueAuthority(authority.name, { notBefore, notAfter: until(authority.days) });
  const issued = await issueServer(root, { ...server, notBefore, notAfter: until(server.days) });
  await write(folder, 'ca', root);
  await write(folder, 'server', issued);
  return { ca: root.cert, server: issued };
};

const read = async (folder: string, name: string): Promise<Certificate | undefined> => {
  const [cert, key] = [
    await readPrivate(`${folder}/${name}.crt`),
    await readPrivate(`${folder}/${name}.key`),
  ];
  if (!cert || !key) return undefined;
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)) ? { cert, key } : undefined;
  } catch {
    return undefined;
  }
};

/** The key first: a certificate without its key would be found damaged and made again. */
const write = async (folder: string, name: string, { cert, key }: Certificate) => {
  await writePrivate(`${folder}/${name}.key`, key);
  await writePrivate(`${folder}/${name}.crt`, cert);
};

const standsUntil = ({ cert }: Certificate, now: Date, then: Date): boolean => {
  const { validFrom, validTo } = new X509Certificate(cert);
  return new Date(validFrom) <= now && new Date(validTo) > then;
};

const isOf = ({ cert }: Certificate, ca: string): boolean => {
  const certificate = new X509Certificate(cert);
  const issuer = new X509Certificate(ca);
  return (
    certificate.checkIssued(issuer) &&
    certificate.verify(issuer.publicKey) &&
    server.dns.every((name) => certificate.checkHost(name)) &&
    server.ips.every((ip) => certificate.checkIP(ip))
  );
};
