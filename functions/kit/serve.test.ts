import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';

/** A function with a slow route, in a process of its own as a pod is. */
const program = `
import { createFunction } from ${JSON.stringify(import.meta.resolve('./function.ts'))};
import { serve } from ${JSON.stringify(import.meta.resolve('./serve.ts'))};
import { createBase } from ${JSON.stringify(import.meta.resolve('./base.ts'))};
import { operation } from ${JSON.stringify(import.meta.resolve('./operation.ts'))};
const config = { PORT: 0, HOST: '127.0.0.1', VERSION: 'test', LOG_LEVEL: 'info' };
const base = createBase({ name: 'slow', config, folder: '/nowhere' });
const fn = createFunction(base);
fn.on(operation({ method: 'get', path: '/slow', access: 'public', summary: '', responses: {} }), async ({ c }) => {
  base.log.info({}, 'begun');
  await new Promise((resolve) => setTimeout(resolve, 300));
  return c.text('done');
});
const say = (word) => () => base.log.info({}, word);
await serve(fn.app, {
  base, config,
  start: [() => { throw new Error('a part that does not start'); }, say('started'), say('started, too')],
  stop: [say('first'), async () => { throw new Error('broken'); }, say('last')],
});
`;

const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

const start = async () => {
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.push(child);
  const lines: { msg: string; port?: number; traceId?: string }[] = [];
  let rest = '';
  child.stdout?.on('data', (chunk) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts.map((line) => JSON.parse(line)));
  });
  const said = (word: string) =>
    expect.poll(() => lines.map(({ msg }) => msg), { timeout: 10_000 }).toContain(word);
  await said('serving');
  const port = lines.find(({ msg }) => msg === 'serving')?.port ?? 0;
  return { child, lines, said, port };
};

const ask = (port: number, path: string, agent?: Agent) =>
  new Promise<string>((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, agent: agent ?? false }, (answer) => resolve(text(answer))).on(
      'error',
      reject,
    );
  });

describe('a served function', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'answers what is in flight after %s, then stops its parts in order',
    async (signal) => {
      const { child, lines, said, port } = await start();
      const agent = new Agent({ keepAlive: true });
      await ask(port, '/live', agent);
      await said('started');
      const inFlight = ask(port, '/slow', new Agent({ keepAlive: true }));
      await said('begun');
      const signalled = performance.now();
      child.kill(signal);
      child.kill(signal);
      await said('stopping');
      await expect(ask(port, '/live')).rejects.toThrow();
      expect(await inFlight).toBe('done');
      // close, not exit: by then all that it said has been read.
      const [code] = await once(child, 'close');
      expect(code).toBe(0);
      // Not the time-out of the idle connection, nor that of the drain.
      expect(performance.now() - signalled).toBeLessThan(3_000);
      const words = lines
        .map(({ msg }) => msg)
        .filter((msg) => ['first', 'last', 'a part did not stop'].includes(msg));
      expect(words).toEqual(['first', 'a part did not stop', 'last']);
      agent.destroy();
    },
  );

  it('starts each part in a trace of its own', async () => {
    const { lines, said } = await start();
    await said('started, too');
    const traces = lines.filter(({ msg }) => msg.startsWith('started')).map(({ traceId }) => traceId);
    expect(traces).toEqual(Array(2).fill(expect.stringMatching(/^[0-9a-f]{32}$/)));
    expect(new Set(traces).size).toBe(2);
  });

  it('answers what its parser refuses with a problem, too', async () => {
    const { port } = await start();
    const raw = async (bytes: string) => {
      const socket = connect(port, '127.0.0.1');
      socket.end(bytes);
      const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
      expect(head.toLowerCase()).toContain('content-type: application/problem+json');
      return JSON.parse(body);
    };
    expect(await raw('NOT HTTP\r\n\r\n')).toMatchObject({ status: 400, code: 'malformed' });
    expect(await raw('GET / HTTP/1.1\r\nHost: a b\r\n\r\n')).toMatchObject({
      status: 400,
      code: 'malformed',
    });
    const large = `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`;
    expect(await raw(large)).toMatchObject({ status: 431, code: 'headers-too-large' });
  });

  it('counts requests by route, not by path', async () => {
    const { port } = await start();
    await ask(port, '/live');
    await ask(port, '/no/such/path/4711');
    await new Promise<void>((resolve) => {
      request({ host: '127.0.0.1', port, path: '/live', method: 'PURGE' }, (answer) => {
        answer.resume();
        answer.on('end', resolve);
      }).end();
    });
    const metrics = await ask(port, '/metrics');
    expect(metrics).toMatch(/http_server_request_duration_seconds_count\{.*route="\/live",status="200"\} 1/);
    expect(metrics).toMatch(/method="GET",route="none",status="404"\} 1/);
    expect(metrics).not.toContain('4711');
  });
});
