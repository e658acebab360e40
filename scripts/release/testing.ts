import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A registry that knows these digests by `repository:tag`, and gives them to a token that only this login gets. */
export const startRegistry = async (
  digests: ReadonlyMap<string, string>,
  login?: { username: string; password: string },
) => {
  const basic = login && `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
  const server = createServer(({ method, url = '', headers }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://registry');
    if (pathname === '/token') {
      if (headers.authorization !== basic) return response.writeHead(403).end();
      return response.end(JSON.stringify({ token: `for ${searchParams.get('scope')}` }));
    }
    const [, repository, tag] = /^\/v2\/(.+)\/manifests\/(.+)$/.exec(pathname) ?? [];
    const scope = `repository:${repository}:pull`;
    if (basic && headers.authorization !== `Bearer for ${scope}`) {
      const realm = `http://${headers.host}/token`;
      response.setHeader('www-authenticate', `Bearer realm="${realm}",service="registry",scope="${scope}"`);
      return response.writeHead(401).end();
    }
    const digest = digests.get(`${repository}:${tag}`);
    if (method !== 'HEAD' || !digest) return response.writeHead(404).end();
    response.writeHead(200, { 'docker-content-digest': digest }).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
