import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createIngress, type Ingress } from './ingress.ts';
import { PortBusyError } from './listen.ts';
import { createRouteTable } from './route-table.ts';

interface Seen {
  revision: string;
  url: string | undefined;
  headers: Record<string, string>;
}

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const warnings: string[] = [];

/** An ingress whose pods answer with what they were given. */
const start = async (settings: { directPort?: number; port?: number } = {}) => {
  const table = createRouteTable();
  const whole = (revision: `${string}/${string}`) => [{ revision, percent: 100 }];
  table.replace([
    { host: 'gateway.kagari.localhost', visibility: 'external', targets: whole('kagari/gateway-1') },
    { host: 'shop.kagari.localhost', visibility: 'external', targets: whole('kagari/shop-1') },
    { host: 'orders.kagari.localhost', visibility: 'cluster-local', targets: whole('kagari/orders-1') },
    {
      host: 'orders.kagari.svc.cluster.local',
      visibility: 'cluster-local',
      targets: whole('kagari/orders-1'),
    },
    { host: 'broken.kagari.svc.cluster.local', visibility: 'cluster-local', targets: [] },
  ]);
  const port = settings.port ?? (await freePort());
  const ingress = await createIngress({
    port,
    directPort: settings.directPort ?? 0,
    table,
    defaultHost: 'gateway.kagari.localhost',
    forward: (revision, req, res, flat) => {
      const headers: Record<string, string> = {};
      for (let i = 0; i < flat.length; i += 2) headers[flat[i]!.toLowerCase()] = flat[i + 1]!;
      req.resume();
      res
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ revision, url: req.url, headers }));
    },
    upgrade: (revision, _req, socket) =>
      socket.end(`HTTP/1.1 101 Switching Protocols\r\nx-revision: ${revision}\r\n\r\n`),
    hosts: new Map([['broker.svc.cluster.local', (_req, res) => res.writeHead(202).end()]]),
    log: { warn: (_, message) => warnings.push(message) },
  });
  closing.push(() => close(ingress));
  return { ingress, port };
};

const close = async (ingress: Ingress) => {
  await ingress.closeExternal(100);
  await ingress.closeInternal(100);
};

const freePort = async () => {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

const ask = async (port: number, path: string, headers: Record<string, string> = {}, host = '127.0.0.1') => {
  const req = request({ host, port, path, headers, agent: false }).end();
  const [res] = (await once(req, 'response')) as [IncomingMessage];
  const text = Buffer.concat(await res.toArray()).toString();
  return {
    status: res.statusCode,
    type: res.headers['content-type'],
    text,
    seen: () => JSON.parse(text) as Seen,
  };
};

describe('from outside', () => {
  it('a public host meets its Service, and any other host the default Service', async () => {
    const { port } = await start();
    expect((await ask(port, '/x', { host: `shop.kagari.localhost:${port}` })).seen().revision).toBe(
      'kagari/shop-1',
    );
    expect((await ask(port, '/x', { host: 'SHOP.kagari.localhost.' })).seen().revision).toBe('kagari/shop-1');
    expect((await ask(port, '/x', { host: `localhost:${port}` })).seen().revision).toBe('kagari/gateway-1');
    expect((await ask(port, '/x', {}, '::1')).seen().revision).toBe('kagari/gateway-1');
  });

  it.each(['orders.kagari.localhost', 'orders.kagari.svc.cluster.local', 'broker.svc.cluster.local'])(
    '%s reaches no cluster-local Service and not the broker',
    async (host) => {
      const { port } = await start();
      expect((await ask(port, '/_events', { host })).seen().revision).toBe('kagari/gateway-1');
    },
  );

  it('an absolute-form request for an inner host reaches the default Service only', async () => {
    const { port } = await start();
    const answer = await ask(port, 'http://orders.kagari.svc.cluster.local/_events');
    expect(answer.seen().revision).toBe('kagari/gateway-1');
  });

  it('what a client says of its origin is not believed', async () => {
    const { port } = await start();
    const lies = {
      'x-forwarded-for': '10.0.0.1',
      forwarded: 'for=10.0.0.1',
      'x-forwarded-host': 'evil',
      'x-forwarded-proto': 'https',
    };
    const { headers } = (await ask(port, '/', { ...lies, host: 'shop.kagari.localhost' })).seen();
    expect(headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'shop.kagari.localhost',
      'x-forwarded-proto': 'http',
    });
    expect(headers).not.toHaveProperty('forwarded');
  });

  it('headers of one hop end at that hop', async () => {
    const { port } = await start();
    const { headers } = (
      await ask(port, '/', { connection: 'close, x-secret', 'x-secret': '1', te: 'trailers', 'x-kept': '2' })
    ).seen();
    expect(headers).toMatchObject({ 'x-kept': '2', te: 'trailers' });
    expect(headers).not.toHaveProperty('x-secret');
    expect(headers).not.toHaveProperty('connection');
  });

  it('a busy port is an error that names it, a busy direct port a warning', async () => {
    const { port } = await start();
    await expect(start({ port })).rejects.toThrow(PortBusyError);
    await start({ directPort: port });
    expect(warnings.at(-1)).toContain(`port ${port} is in use`);
  });

  it('the direct port is the default Service below /api', async () => {
    const directPort = await freePort();
    await start({ directPort });
    const urls = ['/health', '/api/time', '/api', '/apiary', '/?a=1'].map(
      async (path) => (await ask(directPort, path)).seen().url,
    );
    expect(await Promise.all(urls)).toEqual(['/api/health', '/api/time', '/api', '/api/apiary', '/api/?a=1']);
    expect((await ask(directPort, '/_events', { host: 'shop.kagari.localhost' })).seen().revision).toBe(
      'kagari/gateway-1',
    );
  });
});

describe('from inside', () => {
  it('answers cluster-local hosts in origin form and absolute form', async () => {
    const { ingress } = await start();
    const host = 'orders.kagari.svc.cluster.local';
    expect((await ask(ingress.internalPort, '/a?b', { host })).seen()).toMatchObject({
      revision: 'kagari/orders-1',
      url: '/a?b',
    });
    expect((await ask(ingress.internalPort, `http://${host}/a?b`)).seen()).toMatchObject({
      revision: 'kagari/orders-1',
      url: '/a?b',
    });
  });

  it('answers through CONNECT, several requests a tunnel, as fetch does with NODE_USE_ENV_PROXY', async () => {
    const { ingress } = await start();
    const socket = connect(ingress.internalPort, '127.0.0.1');
    closing.push(() => socket.destroy());
    socket.write(
      'CONNECT orders.kagari.svc.cluster.local:80 HTTP/1.1\r\nHost: orders.kagari.svc.cluster.local:80\r\n\r\n',
    );
    const [established] = await once(socket, 'data');
    expect(String(established)).toContain('200 Connection Established');
    for (const path of ['/one', '/two']) {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: orders.kagari.svc.cluster.local\r\n\r\n`);
      let text = '';
      while (!text.includes('0\r\n\r\n') && !text.endsWith('}'))
        text += String((await once(socket, 'data'))[0]);
      expect(text).toContain(`"url":"${path}"`);
    }
  });

  it('hands the broker its requests, and refuses unknown and unready hosts as problems', async () => {
    const { ingress } = await start();
    const at = (host: string) => ask(ingress.internalPort, '/', { host });
    expect((await at('broker.svc.cluster.local')).status).toBe(202);
    expect(await at('nobody.kagari.svc.cluster.local')).toMatchObject({
      status: 404,
      type: 'application/problem+json',
    });
    expect(await at('broken.kagari.svc.cluster.local')).toMatchObject({
      status: 503,
      type: 'application/problem+json',
    });
  });

  it('passes on what is no address of the cluster, without a word of who asked', async () => {
    const outside = createServer((req, res) =>
      res.end(JSON.stringify({ url: req.url, headers: req.headers })),
    );
    outside.listen(0, '127.0.0.1');
    await once(outside, 'listening');
    closing.push(() => outside.close());
    const { port } = outside.address() as AddressInfo;
    const { ingress } = await start();
    const answer = await ask(ingress.internalPort, `http://127.0.0.1:${port}/page?x`, {
      'x-forwarded-for': '1.2.3.4',
    });
    expect(JSON.parse(answer.text)).toMatchObject({ url: '/page?x' });
    expect(answer.text).not.toContain('x-forwarded');
    expect((await ask(ingress.internalPort, 'http://127.0.0.1:1/')).status).toBe(502);
  });
});
