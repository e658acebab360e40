import { Agent } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from './testing/call.ts';
import { type DataPlane, startDataPlane } from './testing/data-plane.ts';
import { isAlive, until } from './testing/until.ts';

let plane: DataPlane;
const agent = new Agent({ keepAlive: true });
beforeAll(async () => {
  plane = await startDataPlane();
});
afterAll(async () => {
  agent.destroy();
  await plane.stop();
});

/** Callers that ask without a pause until they are stopped; answers and failures in all. */
const load = (
  name: string,
  path: string | (() => string),
  { callers = 8, method = 'GET', body = '' } = {},
) => {
  const answers: Answer[] = [];
  const errors: Error[] = [];
  let stopped = false;
  const caller = async () => {
    while (!stopped)
      await plane.call(name, typeof path === 'string' ? path : path(), { method, body, agent }).then(
        (answer) => answers.push(answer),
        (error) => errors.push(error),
      );
  };
  const all = Promise.all(Array.from({ length: callers }, caller));
  return {
    answers,
    errors,
    after: (more: number) => {
      const count = answers.length + more;
      return until(`${more} more were answered`, () => answers.length >= count);
    },
    async stop() {
      stopped = true;
      await all;
      return { answers, errors };
    },
  };
};
const podsOf = (name: string) => plane.revisions.pods().filter(({ service }) => service === name);
const failed = (answers: Answer[]) => answers.filter(({ status }) => status !== 200);

describe('under load', () => {
  it('kill -9 of a pod costs no request that may be repeated', async () => {
    await plane.run('killed', { scaling: { minScale: 2 } });
    const asking = load('killed', '/slow?ms=2');
    for (let i = 0; i < 4; i++) {
      await asking.after(100);
      const pod = await until('a pod is ready', () => podsOf('killed').find(({ ready }) => ready));
      process.kill(pod.pid ?? 0, 'SIGKILL');
    }
    await asking.after(100);
    const { answers, errors } = await asking.stop();
    expect([failed(answers).map(({ status }) => status), errors]).toEqual([[], []]);
  });

  it('kill -9 of a pod runs nothing twice that changes something', async () => {
    await plane.run('once', { scaling: { minScale: 2 } });
    let id = 0;
    const posting = load('once', () => `/say?text=did-${++id}`, { method: 'POST', body: 'x' });
    for (let i = 0; i < 3; i++) {
      await posting.after(100);
      const pod = await until('a pod is ready', () => podsOf('once').find(({ ready }) => ready));
      process.kill(pod.pid ?? 0, 'SIGKILL');
    }
    await posting.after(100);
    const { answers, errors } = await posting.stop();
    expect(new Set(failed(answers).map(({ status }) => status)).difference(new Set([502]))).toEqual(
      new Set(),
    );
    // What the pod had in hand, and what was sent to it before its end was noticed.
    expect(failed(answers).length + errors.length).toBeLessThanOrEqual(3 * 16);
    const said = podsOf('once').flatMap(({ name }) => plane.revisions.logs(name)?.lines() ?? []);
    const did = said.map(({ text }) => text).filter((text) => text.startsWith('did-'));
    expect(did.length).toBeGreaterThan(300);
    expect(new Set(did).size).toBe(did.length);
  });

  it('ending pods costs no request at all', async () => {
    await plane.run('ended', { scaling: { minScale: 2 } });
    const posting = load('ended', '/echo', { method: 'POST', body: 'x' });
    for (let i = 0; i < 4; i++) {
      await posting.after(60);
      const pod = await until('a pod is ready', () => podsOf('ended').find(({ ready }) => ready));
      expect(await plane.revisions.kill(pod.name)).toBe(true);
      expect(isAlive(pod.pid ?? 0)).toBe(false);
    }
    const { answers, errors } = await posting.stop();
    expect([failed(answers).map(({ status }) => status), errors]).toEqual([[], []]);
  });

  it('moving traffic fifty times costs no request, and each step counts from its moment', async () => {
    const one = await plane.run('moved');
    const other = await plane.run('target');
    plane.table.remove('test/target');
    const move = (percent: number) =>
      plane.table.put('test/moved', [
        {
          host: 'moved.test.localhost',
          public: true,
          targets: [
            { revision: one, percent: 100 - percent },
            { revision: other, percent },
          ],
        },
      ]);
    const asking = load('moved', '/env', { callers: 4 });
    for (let i = 0; i < 50; i++) {
      move((i * 37) % 101);
      await asking.after(5);
    }
    move(100);
    const late = await Promise.all(Array.from({ length: 20 }, () => plane.call('moved', '/env', { agent })));
    expect(new Set(late.map(({ body }) => JSON.parse(body).K_SERVICE))).toEqual(new Set(['target']));
    const { answers, errors } = await asking.stop();
    expect([failed(answers), errors]).toEqual([[], []]);
  });

  it('removing a revision that no route leads to any more costs no request', async () => {
    const old = await plane.run('old');
    const next = await plane.run('next');
    const asking = load('old', '/slow?ms=5');
    await asking.after(50);
    plane.table.put('test/old', [
      { host: 'old.test.localhost', public: true, targets: [{ revision: next, percent: 100 }] },
    ]);
    await plane.revisions.remove(old);
    await asking.after(50);
    const { answers, errors } = await asking.stop();
    expect([failed(answers), errors]).toEqual([[], []]);
    expect(podsOf('old')).toEqual([]);
  });
});

it('closing answers what is in flight, takes nothing more, and leaves nothing behind', async () => {
  const closing = await startDataPlane();
  await closing.run('last');
  await closing.call('last', '/');
  const [pod] = closing.revisions.pods();
  const flying = [
    closing.call('last', '/slow?ms=300'),
    closing.call('last', '/slow?ms=300', { method: 'POST', body: 'x' }),
  ];
  await until('both are in hand', async () => (await closing.call('last', '/in-hand')).body === '2');
  const drained = closing.ingress.drain(2_000);
  await expect(closing.call('last', '/')).rejects.toThrow('ECONNREFUSED');
  const answers = await Promise.all(flying);
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  await drained;
  const began = performance.now();
  await closing.stop();
  expect(performance.now() - began).toBeLessThan(1_500);
  expect(isAlive(pod?.pid ?? 0)).toBe(false);
});

it('closing cuts what does not end within the bound', async () => {
  const closing = await startDataPlane();
  await closing.run('endless');
  await closing.call('endless', '/');
  const never = closing.call('endless', '/never').catch((error: Error) => error.message);
  await until('it is in hand', async () => (await closing.call('endless', '/in-hand')).body === '1');
  await closing.ingress.drain(100);
  expect(await never).toMatch(/hang up|ECONNRESET|aborted/);
  await closing.stop();
});
