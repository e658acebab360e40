import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { createPost } from './post.ts';
import { type Sink, startSink } from './testing/sink.ts';

const event = { specversion: '1.0' as const, id: '1', source: '/s', type: 't', data: {} };
const cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const close of cleanUp.splice(0)) close();
});
const sinkThatAnswers = async (status: number | Promise<number>): Promise<Sink> => {
  const sink = await startSink();
  cleanUp.push(() => void sink.down());
  sink.answer(() => status);
  return sink;
};

test.each([
  [200, 'accepted'],
  [202, 'accepted'],
  [204, 'accepted'],
  [301, 'failed'],
  [400, 'refused'],
  [404, 'failed'],
  [413, 'refused'],
  [415, 'refused'],
  [422, 'refused'],
  [429, 'failed'],
  [500, 'failed'],
  [503, 'failed'],
])('%i means %s', async (status, kind) => {
  const sink = await sinkThatAnswers(status);
  expect(await createPost(sink.url, 1000)(event)).toMatchObject({ kind });
});

test('a sink that is not there, or does not answer, has failed within the time', async () => {
  expect(await createPost(new URL('http://127.0.0.1:1/'), 1000)(event)).toMatchObject({ kind: 'failed' });
  const hanging = await sinkThatAnswers(new Promise<number>(() => {}));
  const begun = performance.now();
  expect(await createPost(hanging.url, 100)(event)).toEqual({
    kind: 'failed',
    reason: 'the sink gave no answer within 100 ms',
  });
  expect(performance.now() - begun).toBeLessThan(2000);
});

test('a kept connection that the sink closes as it is used is no failure of the sink', async () => {
  let requests = 0;
  const sockets = new Set<Socket>();
  // Answers the first request of each connection and cuts the connection at the second.
  const server = createServer((socket) => {
    let here = 0;
    sockets.add(socket);
    socket
      .on('error', () => {})
      .on('data', () => {
        if (++here > 1) return socket.resetAndDestroy();
        requests++;
        socket.write('HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n');
      });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUp.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const post = createPost(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), 1000);
  for (let n = 0; n < 3; n++) expect(await post(event)).toEqual({ kind: 'accepted' });
  expect(requests).toBe(3);
});

test('in a pod it goes through the internal listener, to the name in K_SINK', async () => {
  const asked: string[] = [];
  const proxy = createHttpServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(202).end();
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  cleanUp.push(() => proxy.close());
  const sink = 'http://broker-ingress.knative-eventing.svc.cluster.local/kagari/default';
  const script = `
    const { createPost } = await import(${JSON.stringify(join(import.meta.dirname, 'post.ts'))});
    const outcome = await createPost(new URL(${JSON.stringify(sink)}), 5000)(${JSON.stringify(event)});
    process.stdout.write(outcome.kind);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    env: {
      NODE_USE_ENV_PROXY: '1',
      HTTP_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      NO_PROXY: '127.0.0.1,localhost',
    },
  });
  expect(stdout).toBe('accepted');
  expect(asked).toEqual([`POST ${sink}`]);
});
