import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DataPlane, startDataPlane } from './testing/data-plane.ts';
import { isAlive, until } from './testing/until.ts';

let plane: DataPlane;
beforeAll(async () => {
  plane = await startDataPlane();
});
afterAll(() => plane.stop());

const podsOf = (name: string) => plane.revisions.pods().filter(({ service }) => service === name);
const many = <T>(count: number, work: (i: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, i) => work(i)));
const statuses = (answers: { status: number }[]) =>
  Object.fromEntries(
    [...new Set(answers.map(({ status }) => status))]
      .sort()
      .map((status) => [status, answers.filter((one) => one.status === status).length]),
  );

describe('a revision that comes up', () => {
  it('unproven starts its initial scale, and is proven when that is ready', async () => {
    const key = await plane.run('initial', { scaling: { initialScale: 2 } }, { proven: false });
    expect(plane.states.get(key)).toMatchObject({ desired: 2, proven: false });
    await plane.state(key, ({ ready, proven }) => ready === 2 && proven);
    expect(plane.marks.filter((mark) => mark.includes('initial'))).toEqual([]);
    await plane.revisions.remove(key);
  });

  it('proven and idle starts nothing before a request', async () => {
    const key = await plane.run('idle');
    expect(plane.states.get(key)).toEqual({ ready: 0, desired: 0, proven: true });
    expect(podsOf('idle')).toEqual([]);
    expect((await plane.call('idle', '/')).status).toBe(200);
  });

  it('that was active before a crash starts by itself, since it may have work in hand', async () => {
    const key = await plane.run('active', {}, { scale: 3 });
    await plane.state(key, ({ ready }) => ready === 1);
    expect((await plane.call('active', '/')).status).toBe(200);
    expect(plane.marks.filter((mark) => mark.includes('active-'))).toEqual([]);
  });

  it('keeps its least number while a route leads to it', async () => {
    const scaling = { minScale: 2, windowMs: 200 };
    const key = await plane.run('least', { scaling });
    await plane.state(key, ({ ready }) => ready === 2);
    plane.revisions.ensure(key, {} as never, { proven: true, scale: 0, reachable: false });
    await plane.state(key, ({ ready, desired }) => ready === 0 && desired === 0);
    plane.revisions.ensure(key, {} as never, { proven: true, scale: 0, reachable: true });
    await plane.state(key, ({ ready }) => ready === 2);
    await plane.revisions.remove(key);
  });
});

describe('zero', () => {
  it('is left for the first request and come back to, and the store is told in that order', async () => {
    const key = await plane.run('zero', { scaling: { windowMs: 300 } });
    const about = () => plane.marks.filter((mark) => mark.includes('zero-'));
    expect((await plane.call('zero', '/')).status).toBe(200);
    expect(about()).toEqual([`active ${key}`]);
    const pid = podsOf('zero')[0]?.pid ?? 0;
    await until('the store is told', () => about().length === 2);
    expect(about()[1]).toBe(`idle ${key}`);
    expect(isAlive(pid)).toBe(false);
    expect(plane.states.get(key)).toEqual({ ready: 0, desired: 0, proven: true });
    expect((await plane.call('zero', '/')).status).toBe(200);
    expect(about()[2]).toBe(`active ${key}`);
  });

  it('waits for a request in hand, and for a whole window after it', async () => {
    const windowMs = 400;
    const key = await plane.run('quiet', { scaling: { windowMs } });
    expect((await plane.call('quiet', '/slow?ms=1500')).status).toBe(200);
    const ended = performance.now();
    await plane.state(key, ({ desired }) => desired === 0);
    expect(performance.now() - ended).toBeGreaterThan(windowMs - 5);
  });

  it('is never seen by a caller, however often it is come to', async () => {
    const key = await plane.run('flicker', { scaling: { windowMs: 60 } });
    let idles = 0;
    for (let i = 0; i < 400 && idles < 4; i++) {
      expect((await plane.call('flicker', '/')).status).toBe(200);
      await new Promise((resolve) => setTimeout(resolve, 20 * (i % 14)));
      idles = plane.marks.filter((mark) => mark === `idle ${key}`).length;
    }
    expect(idles).toBeGreaterThanOrEqual(4);
  });
});

describe('the first request after zero', () => {
  it.each([
    ['waits for its pod and until the store says that the revision is active', true],
    ['waits for the store also where a pod is ready that has proven the revision', false],
  ])('%s', async (_, proven) => {
    const releases: (() => void)[] = [];
    const slow = await startDataPlane({ markActive: () => new Promise((resolve) => releases.push(resolve)) });
    const key = await slow.run('marked', {}, { proven });
    if (!proven) await slow.state(key, ({ ready }) => ready === 1);
    const answer = slow.call('marked', '/requests');
    await until('the store is told', () => releases.length === 1);
    await slow.state(key, ({ ready }) => ready === 1);
    expect(await fetchDirectly(slow, '/requests')).toBe('1');
    releases[0]?.();
    expect((await answer).body).toBe('2');
    expect((await slow.call('marked', '/requests')).body).toBe('3');
    expect(releases).toHaveLength(1);
    await slow.stop();
  });

  it('is refused where the store cannot say so, and the next one asks again', async () => {
    let broken = true;
    const marked = async () => {
      if (broken) throw new Error('no database');
    };
    const poor = await startDataPlane({ markActive: marked });
    await poor.run('unmarked');
    expect(await poor.call('unmarked', '/')).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    broken = false;
    expect((await poor.call('unmarked', '/')).status).toBe(200);
    await poor.stop();
  });

  it('is told after two failed starts, without its cause', async () => {
    await plane.run('broken', { env: { START_EXIT: '1', START_SAY: 'password is hunter2' } });
    const began = performance.now();
    const { status, body } = await plane.call('broken', '/');
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(JSON.parse(body)).toMatchObject({
      status,
      code: 'not-started',
      detail: expect.stringContaining('ExitCode1'),
    });
    expect(status).toBe(503);
    expect(body).not.toContain('hunter2');
  });

  it('is one of two hundred that come at once, of which none fails', async () => {
    await plane.run('burst');
    expect(statuses(await many(200, () => plane.call('burst', '/')))).toEqual({ 200: 200 });
  });
});

describe('more pods', () => {
  it('come when there is more to do than one may carry, up to max-scale, and go again', async () => {
    const scaling = { target: 1, targetUtilization: 1, maxScale: 3, windowMs: 1_000 };
    const key = await plane.run('grow', { containerConcurrency: 1, scaling });
    const answers = await many(24, () => plane.call('grow', '/slow?ms=300'));
    expect(statuses(answers)).toEqual({ 200: 24 });
    expect(new Set(answers.map(({ body }) => body)).size).toBe(3);
    for (const { port } of podsOf('grow'))
      expect(Number(await (await fetch(`http://127.0.0.1:${port}/most`)).text())).toBe(1);
    expect(podsOf('grow').length).toBeLessThanOrEqual(3);
    await plane.state(key, ({ ready, desired }) => ready === 0 && desired === 0);
  });

  it('go without cutting what they have in hand', async () => {
    const scaling = { target: 1, targetUtilization: 1, windowMs: 300 };
    const key = await plane.run('shrink', { containerConcurrency: 2, scaling });
    for (let wave = 0; wave < 3; wave++) {
      expect(statuses(await many(16, (i) => plane.call('shrink', `/slow?ms=${50 * i}`)))).toEqual({
        200: 16,
      });
      await plane.state(key, ({ desired }) => desired <= 1);
    }
  });

  it('are no more than this machine takes, but the first of each revision comes', async () => {
    const small = await startDataPlane({ maxPods: 2 });
    const scaling = { target: 1, targetUtilization: 1 };
    await small.run('one', { containerConcurrency: 1, scaling });
    await small.run('two', { containerConcurrency: 1, scaling });
    await small.run('three', { containerConcurrency: 1, scaling });
    const all = await many(18, (i) => small.call(['one', 'two', 'three'][i % 3] ?? '', '/slow?ms=200'));
    expect(statuses(all)).toEqual({ 200: 18 });
    expect(small.revisions.pods()).toHaveLength(3);
    await small.stop();
  });
});

describe('a full revision at its max-scale', () => {
  it('lets ten times its concurrency wait, and refuses the rest', async () => {
    await plane.run('full', { containerConcurrency: 2, scaling: { maxScale: 1 } });
    await plane.call('full', '/');
    const answers = await many(30, () => plane.call('full', '/slow?ms=100'));
    expect(statuses(answers)).toEqual({ 200: 22, 503: 8 });
    expect((await plane.call('full', '/most')).body).toBe('2');
  });

  it('gives the place of a caller that went away to another', async () => {
    await plane.run('patient', { containerConcurrency: 1, scaling: { maxScale: 1 } });
    await plane.call('patient', '/');
    const held = plane.call('patient', '/slow?ms=600');
    await until('it is in hand', async () => podsOf('patient').length === 1);
    const leaving = new AbortController();
    const left = many(10, () => plane.call('patient', '/', { signal: leaving.signal }).catch(() => 'left'));
    await until('the line is full', async () => (await plane.call('patient', '/')).status === 503);
    leaving.abort();
    expect(new Set(await left)).toEqual(new Set(['left']));
    expect((await plane.call('patient', '/')).status).toBe(200);
    expect((await held).status).toBe(200);
    expect((await plane.call('patient', '/requests')).body).toBe('4');
  });
});

const fetchDirectly = async ({ revisions }: DataPlane, path: string) =>
  (await fetch(`http://127.0.0.1:${revisions.pods()[0]?.port}${path}`)).text();
