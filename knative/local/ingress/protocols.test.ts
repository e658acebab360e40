import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, rawExchange } from '../serving/testing/call.ts';
import { type DataPlane, startDataPlane } from '../serving/testing/data-plane.ts';
import { until } from '../serving/testing/until.ts';

let plane: DataPlane;
beforeAll(async () => {
  plane = await startDataPlane();
  await plane.run('shop');
  await plane.run('hidden');
  await plane.run('gateway');
});
afterAll(() => plane.stop());

const host = (name: string) => ({ host: name });
const portOf = (url: string) => Number(new URL(url).port);

describe('another protocol', () => {
  const upgrade = async (name: string, path: string, base = plane.external) => {
    const sent = request(base + path, {
      agent: false,
      headers: {
        ...host(name),
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        'sec-websocket-version': '13',
      },
    });
    sent.on('error', () => {});
    sent.end();
    return Promise.race([
      once(sent, 'upgrade').then(([response, socket]) => ({
        response: response as IncomingMessage,
        socket: socket as Socket,
      })),
      once(sent, 'response').then(([response]) => ({
        response: response as IncomingMessage,
        socket: undefined,
      })),
    ]);
  };
  const frame = (message: string) => {
    const mask = randomBytes(4);
    const masked = Buffer.from(message).map((byte, i) => byte ^ (mask[i % 4] ?? 0));
    return Buffer.concat([Buffer.from([0x81, 0x80 | message.length]), mask, masked]);
  };

  it('is spoken through the ingress in both directions until one side ends it', async () => {
    const { response, socket } = await upgrade('shop.test.localhost', '/');
    expect(response.headers['sec-websocket-accept']).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    for (const message of ['one', 'two']) {
      socket?.write(frame(message));
      const [data] = await once(socket as Socket, 'data');
      expect(data.subarray(2).toString()).toBe(message);
    }
    socket?.write(Buffer.from([0x88, 0x80, 0, 0, 0, 0]));
    socket?.resume();
    await once(socket as Socket, 'close');
    const counted = () =>
      plane.ingress.metrics.of('test/shop-00001').find(({ code }) => code === 101)?.count === 1;
    await until('it is counted', counted);
  });

  it('that the pod does not want ends with its answer and the connection', async () => {
    const { response } = await upgrade('shop.test.localhost', '/refuse');
    expect(response.statusCode).toBe(403);
    expect(response.headers.connection).toBe('close');
    expect(await text(response)).toBe('no');
  });

  it('may be given up while its pod still starts', async () => {
    await plane.run('slow', { env: { START_DELAY: '300' } });
    const socket = connect(portOf(plane.external), '127.0.0.1');
    socket.write(
      'GET / HTTP/1.1\r\nHost: slow.test.localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
    await until('the pod starts', () => plane.revisions.pods().some(({ service }) => service === 'slow'));
    socket.resetAndDestroy();
    expect((await plane.call('slow', '/requests')).body).toBe('1');
  });

  it('of revisions that are not ready is a 503 that may be tried again', async () => {
    plane.table.put('test/soon', [{ host: 'soon.test.localhost', public: true, targets: [] }]);
    const { response } = await upgrade('soon.test.localhost', '/');
    expect([response.statusCode, response.headers['retry-after']]).toEqual([503, '1']);
  });

  it('reaches no host that is not there', async () => {
    const { response } = await upgrade('nobody.test.svc.cluster.local', '/', plane.internal);
    expect(response.statusCode).toBe(404);
  });
});

describe('the internal listener is a proxy', () => {
  const connectTo = async (authority: string) => {
    const sent = request(plane.internal, { method: 'CONNECT', path: authority, agent: false });
    sent.end();
    const [response, socket] = (await once(sent, 'connect')) as [IncomingMessage, Socket];
    return { code: response.statusCode, socket };
  };

  it('for pods that call each other', async () => {
    const url = encodeURIComponent('http://hidden.test.svc.cluster.local/echo');
    expect((await plane.call('shop', `/fetch?url=${url}`)).body).toBe('200 asked');
    const nobody = encodeURIComponent('http://nobody.test.svc.cluster.local/');
    expect((await plane.call('shop', `/fetch?url=${nobody}`)).body).toMatch(/^404 /);
  });

  it('that ends tunnels to its own hosts itself', async () => {
    const { code, socket } = await connectTo('hidden.test.svc.cluster.local:80');
    expect(code).toBe(200);
    socket.write(
      'GET /env HTTP/1.1\r\nHost: hidden.test.svc.cluster.local\r\n\r\nGET / HTTP/1.1\r\nHost: hidden.test.svc.cluster.local\r\nConnection: close\r\n\r\n',
    );
    const answers = await text(socket);
    expect(answers.match(/HTTP\/1.1 200 OK/g)).toHaveLength(2);
    expect(answers).toContain('"K_SERVICE":"hidden"');
  });

  it('and passes on what is for the outside', async () => {
    const outside = createServer((socket) => {
      socket.once('data', (data) => {
        if (String(data).startsWith('raw')) socket.end(`raw back`);
        else
          socket.end(
            `HTTP/1.1 200 OK\r\nX-Saw: ${String(data).split('\r\n')[0]}\r\nConnection: close\r\n\r\nweb`,
          );
      });
    }).listen(0, '127.0.0.1');
    await once(outside, 'listening');
    const { port } = outside.address() as AddressInfo;
    const { socket } = await connectTo(`127.0.0.1:${port}`);
    socket.write('raw bytes');
    expect(await text(socket)).toBe('raw back');
    const answer = await rawExchange(
      plane.internal,
      `GET http://127.0.0.1:${port}/a?b HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toContain('X-Saw: GET /a?b HTTP/1.1');
    expect(answer).toContain('web');
    outside.close();
  });

  it('which says so where the outside cannot be reached', async () => {
    const { code } = await connectTo('127.0.0.1:1').catch(() => ({ code: 0 }));
    expect(code).toBe(502);
    const answer = await rawExchange(
      plane.internal,
      'GET http://127.0.0.1:1/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1.1 502 /);
  });
});

it('has a port at which everything is the default service below /api', async () => {
  const direct = `http://127.0.0.1:${await plane.ingress.listenDirectly(0)}`;
  const urlOf = async (path: string) =>
    (await call(direct + path, { headers: host('shop.test.localhost') })).body;
  expect(await urlOf('/health')).toBe('/api/health');
  expect(await urlOf('/api/time?a')).toBe('/api/time?a');
  expect(await urlOf('/api')).toBe('/api');
  expect(await urlOf('/apis')).toBe('/api/apis');
  expect(await urlOf('/')).toBe('/api/');
  for (const way of ['/../orders', '/api/../orders', '/api/%2E%2e/./orders', '/api\\..\\orders']) {
    const answer = await rawExchange(direct, `GET ${way} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    expect(answer, way).toContain('/api/orders');
  }
});
