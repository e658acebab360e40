import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';

export interface Access {
  /** `https://127.0.0.1:16443` */
  server: string;
  ca?: string;
  token?: string;
  /** A client certificate, as a cluster's administrator has it. */
  cert?: string;
  key?: string;
}

/** What the current context of a kubeconfig says, files that it names included. */
export const readAccess = async (path: string): Promise<Access> => {
  const config = parse(await readFile(path, 'utf8'));
  const { context } = config.contexts.find((one: Named) => one.name === config['current-context']);
  const { cluster } = config.clusters.find((one: Named) => one.name === context.cluster);
  const { user } = config.users.find((one: Named) => one.name === context.user);
  const [ca, cert, key] = await Promise.all([
    material(cluster, 'certificate-authority'),
    material(user, 'client-certificate'),
    material(user, 'client-key'),
  ]);
  return {
    server: cluster.server,
    ...(ca && { ca }),
    ...(user.token && { token: user.token }),
    ...(cert && { cert }),
    ...(key && { key }),
  };
};

interface Named {
  name: string;
}

const material = async (holder: Record<string, string>, field: string): Promise<string | undefined> => {
  const [inline, file] = [holder[`${field}-data`], holder[field]];
  if (inline) return Buffer.from(inline, 'base64').toString();
  return file && readFile(file, 'utf8');
};
