import { stringify } from 'yaml';
import { writePrivate } from './private-file.ts';

export interface KubeconfigParts {
  /** `https://127.0.0.1:16443` */
  server: string;
  /** The authority's certificate, PEM. */
  ca: string;
  token: string;
}

/** Writes `<home>/kubeconfig` for kubectl and kn: context `kagari`, namespace kagari. Answers its path. */
export const writeKubeconfig = async (
  home: string,
  { server, ca, token }: KubeconfigParts,
): Promise<string> => {
  const path = `${home}/kubeconfig`;
  const cluster = { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') };
  await writePrivate(
    path,
    stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'kagari', cluster }],
      users: [{ name: 'kagari-admin', user: { token } }],
      contexts: [
        { name: 'kagari', context: { cluster: 'kagari', user: 'kagari-admin', namespace: 'kagari' } },
      ],
      'current-context': 'kagari',
    }),
  );
  return path;
};
