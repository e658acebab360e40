import { parseImage } from '../../knative/local/admission/serving/image-reference.ts';

export interface Credentials {
  username: string;
  password: string;
}

/** Image registries, asked by the OCI distribution specification's HTTP. */
export interface Registry {
  /** `sha256:…` of what a reference names; throws where it is not there, or may not be seen. */
  digestOf(image: string): Promise<string>;
}

const accepted = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join();
const withinMs = 30_000;

export const createRegistry = (credentials?: Credentials): Registry => {
  const basic = credentials && {
    authorization: `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`,
  };

  /** What answers a challenge: a token for this one repository, or the credentials themselves. */
  const answerTo = async (challenge: string): Promise<Record<string, string>> => {
    if (!/^bearer /i.test(challenge)) return basic ?? {};
    const { realm, ...query } = Object.fromEntries(
      [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]),
    );
    const url = new URL(realm ?? '');
    for (const key of ['service', 'scope']) if (query[key]) url.searchParams.set(key, query[key]);
    const response = await fetch(url, { headers: basic ?? {}, signal: AbortSignal.timeout(withinMs) });
    if (!response.ok) throw new Error(`${url.host} gives no token: ${response.status}`);
    const { token, access_token = token } = (await response.json()) as Record<string, string>;
    return { authorization: `Bearer ${access_token}` };
  };

  return {
    async digestOf(image) {
      const { repository, tag = 'latest', digest } = parseImage(image) ?? { repository: '' };
      const [host = '', ...path] = repository.split('/');
      const url = `${schemeOf(host)}://${host}/v2/${path.join('/')}/manifests/${digest ?? tag}`;
      const ask = (headers: Record<string, string>) =>
        fetch(url, {
          method: 'HEAD',
          headers: { accept: accepted, ...headers },
          signal: AbortSignal.timeout(withinMs),
        });
      let response = await ask({});
      if (response.status === 401)
        response = await ask(await answerTo(response.headers.get('www-authenticate') ?? ''));
      const found = response.headers.get('docker-content-digest');
      if (response.ok && found) return found;
      throw new Error(
        response.status === 404
          ? `${image} is not in its registry`
          : `${image} cannot be looked up: ${host} answers ${response.status}`,
      );
    },
  };
};

const schemeOf = (host: string) => (/^(localhost|127\.0\.0\.1)(:|$)/.test(host) ? 'http' : 'https');
