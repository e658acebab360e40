import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
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
  plane.table.put('test/hidden', [
    {
      host: 'hidden.test.svc.cluster.local',
      public: false,
      targets: [{ revision: 'test/hidden-00001', percent: 100 }],
    },
  ]);
});
afterAll(() => plane.stop());

const host = (name: string) => ({ host: name });
const seen = async (path: string, headers: Record<string, string>, base = plane.external) => {
  const { raw, ...rest } = JSON.parse((await call(base + path, { headers })).body);
  const fields = raw
    .map((word: string, i: number) => (i % 2 === 0 ? `${word}: ${raw[i + 1]}` : ''))
    .filter(Boolean);
  return { ...rest, fields };
};
const serviceOf = async (headers: Record<string, string>, base = plane.external) =>
  JSON.parse((await call(`${base}/env`, { headers })).body).K_SERVICE;
const portOf = (url: string) => Number(new URL(url).port);
const open = async (headers: Record<string, string>, path: string): Promise<IncomingMessage> => {
  const sent = request(plane.external + path, { headers, agent: false });
  sent.on('error', () => {});
  sent.end();
  const [response] = await once(sent, 'response');
  return response;
};

describe('a host', () => {
  it('that is public is served outside; any other is the default service', async () => {
    expect(await serviceOf(host('shop.test.localhost'))).toBe('shop');
    expect(await serviceOf(host('SHOP.test.localhost:8080'))).toBe('shop');
    for (const other of [
      'localhost:8080',
      'hidden.test.svc.cluster.local',
      'shop.test.svc.cluster.local',
      'evil.example',
    ])
      expect(await serviceOf(host(other))).toBe('gateway');
  });

  it('of any service is served inside; an unknown one is a 404', async () => {
    expect(await serviceOf(host('hidden.test.svc.cluster.local'), plane.internal)).toBe('hidden');
    const unknown = await call(plane.internal, { headers: host('nobody.test.svc.cluster.local') });
    expect(unknown).toMatchObject({ status: 404, headers: { 'content-type': 'text/plain; charset=utf-8' } });
    expect(unknown.body).toBe('No service has the host nobody.test.svc.cluster.local.');
  });

  it('is the one of the target, where that is absolute', async () => {
    const answer = await rawExchange(
      plane.external,
      'GET http://shop.test.localhost/headers?a=b HTTP/1.1\r\nHost: evil\r\nConnection: close\r\n\r\n',
    );
    expect(answer).toContain('"url":"/headers?a=b"');
    expect(answer).toContain('shop.test.localhost');
    expect(answer).not.toContain('evil');
    expect(
      await rawExchange(plane.external, 'GET ftp://a/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'),
    ).toMatch(/^HTTP\/1.1 400 /);
  });

  it('whose revisions are not ready is a 503 that may be tried again', async () => {
    plane.table.put('test/soon', [{ host: 'soon.test.localhost', public: true, targets: [] }]);
    const answer = await plane.call('soon', '/');
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    plane.table.put('test/soon', [
      { host: 'soon.test.localhost', public: true, targets: [{ revision: 'test/soon-00001', percent: 100 }] },
    ]);
    expect(await plane.call('soon', '/')).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
  });

  it('may be answered by the runtime itself, inside only', async () => {
    plane.ingress.handle('kafka-broker-ingress.knative-eventing.svc.cluster.local', (_, response) => {
      response.writeHead(202).end();
    });
    const broker = host('kafka-broker-ingress.knative-eventing.svc.cluster.local');
    expect((await call(`${plane.internal}/kagari/default`, { method: 'POST', headers: broker })).status).toBe(
      202,
    );
    expect(await serviceOf(broker)).toBe('gateway');
  });
});

describe('what a pod is told', () => {
  it('is the Host that led to it, where there are two', async () => {
    const two =
      'GET /headers HTTP/1.1\r\nHost: shop.test.localhost\r\nHost: bank\r\nConnection: close\r\n\r\n';
    const answer = await rawExchange(plane.external, two);
    expect(answer).toMatch(/^HTTP\/1.1 (200|400) /);
    expect(answer).not.toContain('bank');
  });

  it('from outside is the caller as the listener saw it', async () => {
    const { fields } = await seen('/headers', {
      ...host('shop.test.localhost'),
      'x-forwarded-for': '6.6.6.6',
      forwarded: 'for=6.6.6.6',
      'x-own': '1',
    });
    expect(fields).toContain('X-Forwarded-For: 127.0.0.1');
    expect(fields).toContain('X-Forwarded-Host: shop.test.localhost');
    expect(fields).toContain('x-own: 1');
    expect(fields.join()).not.toContain('6.6.6.6');
  });

  it('from inside adds to what was known', async () => {
    const { fields } = await seen(
      '/headers',
      { ...host('shop.test.svc.cluster.local'), 'x-forwarded-for': '10.0.0.1' },
      plane.internal,
    );
    expect(fields).toContain('X-Forwarded-For: 10.0.0.1, 127.0.0.1');
  });
});

describe('an answer comes back as the pod gave it', () => {
  it('with its reason, its fields in their order, and its bytes', async () => {
    expect(await plane.call('shop', '/status?code=418')).toMatchObject({
      status: 418,
      reason: 'As You Like It',
    });
    const { rawHeaders, body } = await plane.call('shop', '/twice');
    expect(rawHeaders.slice(0, 4)).toEqual(['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']);
    expect(body).toBe('é');
    expect((await plane.call('shop', '/twice', { method: 'HEAD' })).body).toBe('');
    expect((await plane.call('shop', '/status?code=204')).status).toBe(204);
    expect((await plane.call('shop', '/status?code=304')).status).toBe(304);
  });

  it('bodies of megabytes and trailers in both directions, over connections that are used again', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 2 });
    const sizes = [0, 1, 70_000, 3_000_000];
    const answers = await Promise.all(
      sizes.map(async (size) => {
        const body = randomBytes(size).toString('base64');
        const sized = await plane.call('shop', '/echo', { method: 'POST', body, agent });
        const chunked = await plane.call('shop', '/echo', {
          method: 'POST',
          body,
          trailers: { 'x-sent': 'last' },
          agent,
        });
        const sum = createHash('sha256').update(body).digest('hex');
        return [
          sized.body === body,
          chunked.body === body,
          sized.trailers['x-sum'] === sum,
          chunked.trailers['x-got'],
        ];
      }),
    );
    expect(answers).toEqual(sizes.map(() => [true, true, true, 'last']));
    agent.destroy();
  });

  it('while it is still being written, until the caller leaves', async () => {
    const response = await open(host('shop.test.localhost'), '/sse');
    const [first] = await once(response, 'data');
    expect(String(first)).toMatch(/^data: 1\n/);
    response.destroy();
    const inHand = async () => (await plane.call('shop', '/in-hand')).body;
    await until('the pod has nothing in hand', async () => (await inHand()) === '0');
  });

  it('at the pace of the caller', async () => {
    // More than the system itself keeps for eight sockets.
    const size = 100_000_000;
    const socket = connect(portOf(plane.external), '127.0.0.1');
    socket.write(
      `POST /echo HTTP/1.1\r\nHost: shop.test.localhost\r\nContent-Length: ${size}\r\nConnection: close\r\n\r\n`,
    );
    socket.pause();
    const part = Buffer.alloc(100_000);
    let sent = 0;
    const send = () => {
      while (sent < size) {
        sent += part.length;
        if (!socket.write(part)) return void socket.once('drain', send);
      }
    };
    send();
    // Nobody reads the answer: what both directions buffer is bounded, and the sender has to wait.
    let last = -1;
    await until('the sender waits', async () => {
      const stands = sent === last;
      last = sent;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return stands;
    });
    expect(sent).toBeLessThan(size);
    let got = 0;
    socket.on('data', (data) => {
      got += data.length;
    });
    socket.resume();
    await once(socket, 'close');
    expect(got).toBeGreaterThan(size);
  });

  it('with 100 where the pod says it, or with its last word at once', async () => {
    const ask = async (path: string) => {
      const socket = connect(portOf(plane.external), '127.0.0.1');
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: shop.test.localhost\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n`,
      );
      const [first] = await once(socket, 'data');
      if (String(first).includes(' 100 ')) socket.write('hello');
      return String(first) + (await text(socket));
    };
    expect(await ask('/echo')).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK\r\n[\s\S]*hello/);
    expect(await ask('/early')).toMatch(/^HTTP\/1.1 413 /);
  });

  it('also to HTTP/1.0, which knows no chunks', async () => {
    const answer = await rawExchange(
      plane.external,
      'POST /echo HTTP/1.0\r\nHost: shop.test.localhost\r\nContent-Length: 2\r\n\r\nhi',
    );
    expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    expect(answer).not.toMatch(/transfer-encoding/i);
    expect(answer.endsWith('\r\n\r\nhi')).toBe(true);
  });
});

describe('when a pod fails a request', () => {
  const requestsOf = async (name: string) => Number((await plane.call(name, '/requests')).body);

  it('one that changes something is not sent again', async () => {
    const before = await requestsOf('shop');
    expect(await plane.call('shop', '/reset', { method: 'POST', body: 'x' })).toMatchObject({ status: 502 });
    expect(await requestsOf('shop')).toBe(before + 2);
  });

  it('one that only asks is sent again, twice at most', async () => {
    const before = await requestsOf('shop');
    expect(await plane.call('shop', '/reset')).toMatchObject({ status: 502 });
    expect(await requestsOf('shop')).toBe(before + 4);
  });

  it('an answer that breaks off breaks off for the caller, too, and counts as none', async () => {
    await expect(plane.call('shop', '/break')).rejects.toThrow();
    const broken = () => plane.ingress.metrics.of('test/shop-00001').find(({ code }) => code === 502)?.count;
    await until('it is counted with the two before', () => broken() === 3);
  });

  it('a request that ends before its body does ends at the pod, too', async () => {
    const socket = connect(portOf(plane.external), '127.0.0.1');
    socket.write('POST /never HTTP/1.1\r\nHost: shop.test.localhost\r\nContent-Length: 10\r\n\r\nhalf');
    const inHand = async () => (await plane.call('shop', '/in-hand')).body;
    await until('it is in hand', async () => (await inHand()) === '1');
    socket.end();
    socket.resume();
    await until('it is no more', async () => (await inHand()) === '0');
  });

  it('an answer that does not begin in time is a 504', async () => {
    await plane.run('late', { timeoutSeconds: 1 });
    await plane.call('late', '/');
    const began = performance.now();
    const answer = await plane.call('late', '/never');
    expect(JSON.parse(answer.body)).toMatchObject({ status: 504, code: 'timeout' });
    expect(performance.now() - began).toBeGreaterThan(990);
    const stream = await open(host('late.test.localhost'), '/sse');
    let events = 0;
    stream.on('data', () => events++);
    await until('the stream has outlived the time-out', () => events > 60);
    stream.destroy();
  });
});
