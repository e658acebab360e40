import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventLog, NewRecord } from '../../eventing/log/port.ts';
import { createPostgresLog } from '../../eventing/log/postgres.ts';
import { freshDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import { type TestApp, testBase, testIdentity } from '../kit/testing.ts';
import { startTestApp } from './testing.ts';

let database: TestDatabase;
const opened: TestApp[] = [];
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(async () => {
  for (const { close } of opened) await close();
  await database?.drop();
});

const start = async (databaseUrl: string) => {
  const identity = await testIdentity();
  const base = { ...testBase('api'), verify: identity.verify };
  const started = await startTestApp({ base, identity, databaseUrl, sink: new URL('http://localhost') });
  opened.push(started);
  const authorization = `Bearer ${await identity.token({ role: 'operator' })}`;
  return async (path: string) =>
    started.app.fetch(new Request(`http://localhost${path}`, { headers: { authorization } }));
};

describe.each(['', '/api'])('at %j', (prefix) => {
  it('tells the time of the database, in UTC', async () => {
    const get = await start(database.url('api'));
    const response = await get(`${prefix}/time`);
    expect(response.status).toBe(200);
    const { time } = (await response.json()) as { time: string };
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(Math.abs(Date.parse(time) - Date.now())).toBeLessThan(5_000);
  });

  it('is healthy with its database', async () => {
    const get = await start(database.url('api'));
    const response = await get(`${prefix}/health`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ok', checks: { database: 'ok' } });
  });

  it('says that its database is away: 503 for what needs it, and alive all the same', async () => {
    const get = await start('postgres://nobody@127.0.0.1:1/none');
    const health = await get(`${prefix}/health`);
    expect(health.status).toBe(503);
    expect(health.headers.get('retry-after')).toBe('1');
    expect(await health.json()).toEqual({ status: 'unavailable', checks: { database: 'not reachable' } });
    const time = await get(`${prefix}/time`);
    expect([time.status, time.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await time.json()).toMatchObject({ code: 'unavailable' });
    expect((await get(`${prefix}/live`)).status).toBe(200);
  });
});

it('takes its prefix off once', async () => {
  const get = await start(database.url('api'));
  expect((await get('/api/api/time')).status).toBe(404);
  expect((await get('/apitime')).status).toBe(404);
});

describe('GET /messages', () => {
  let log: EventLog;
  let get: Awaited<ReturnType<typeof start>>;
  beforeAll(async () => {
    log = createPostgresLog({ url: database.adminUrl });
    get = await start(database.url('api'));
  });
  afterAll(() => log.close());

  const texts = (...values: string[]): NewRecord[] => values.map((value) => ({ value: Buffer.from(value) }));
  const valuesOf = async (query: string) => {
    const answer = await get(`/messages?${query}`);
    expect(answer.status).toBe(200);
    return ((await answer.json()) as { value: unknown }[]).map(({ value }) => value);
  };

  it('answers the newest of all partitions first, twenty where no limit is given', async () => {
    await log.createTopic('many', { partitions: 12 });
    for (let i = 0; i < 40; i++) {
      await log.append('many', texts(String(i)));
      // Times are milliseconds: what shares one is in order of partitions.
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const all = Array.from({ length: 40 }, (_, i) => 39 - i);
    expect(await valuesOf('topic=many')).toEqual(all.slice(0, 20));
    expect(await valuesOf('topic=many&limit=1')).toEqual([39]);
    expect(await valuesOf('topic=many&limit=1000')).toEqual(all);
  });

  it('shows key, headers, place and time, and the value as JSON or else as text', async () => {
    await log.createTopic('shapes', { partitions: 1 });
    const shapes = ['{"a":[1]}', '12345678901234567890', '"text"', 'no JSON', '', '{"a":', 'null'];
    await log.append('shapes', [
      ...texts(...shapes),
      { key: 'k', value: Buffer.from([0xff, 0xfe]), headers: { h: 'ü' } },
    ]);
    const answer = await get('/api/messages?topic=shapes');
    expect(answer.headers.get('content-type')).toBe('application/json');
    const text = await answer.text();
    expect(text).toContain('"value":12345678901234567890}');
    expect(JSON.parse(text)).toEqual(
      [{ a: [1] }, Number('12345678901234567890'), 'text', 'no JSON', '', '{"a":', null, '\ufffd\ufffd']
        .map((value, i) => ({
          topic: 'shapes',
          partition: 0,
          offset: String(i),
          key: i === 7 ? 'k' : null,
          timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
          headers: i === 7 ? { h: 'ü' } : {},
          value,
        }))
        .reverse(),
    );
  });

  it('takes values of any depth and of any names', async () => {
    await log.createTopic('odd', { partitions: 1 });
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    await log.append('odd', texts(deep, '{"__proto__":1}'));
    const answer = await get('/messages?topic=odd');
    expect(answer.status).toBe(200);
    const text = await answer.text();
    expect(text).toContain(`"value":${deep}}`);
    expect(text).toContain('"value":{"__proto__":1}}');
  });

  it('answers large messages by and by: fewer, and never none', async () => {
    await log.createTopic('large', { partitions: 2 });
    const large = 'x'.repeat(1_000_000);
    for (let i = 0; i < 20; i++) await log.append('large', texts(large));
    const values = await valuesOf('topic=large&limit=1000');
    expect(values.length).toBe(16);
    expect(values.every((value) => value === large)).toBe(true);
  });

  it('is empty for an empty topic, and reads a Broker’s topic too', async () => {
    await log.createTopic('knative-broker-kagari-default', { partitions: 10 });
    expect(await valuesOf('topic=knative-broker-kagari-default')).toEqual([]);
  });

  it.each([
    [404, 'topic=nowhere'],
    [422, ''],
    [422, 'topic='],
    [422, 'topic=a%20b'],
    [422, 'topic=..'],
    [422, 'topic=many&limit=0'],
    [422, 'topic=many&limit=1001'],
    [422, 'topic=many&limit=1.5'],
    [422, 'topic=many&limit=x'],
    [422, 'topic=many&limit='],
    [422, 'topic=many&offset=1'],
  ])('%i for %j', async (status, query) => {
    const answer = await get(`/messages?${query}`);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  });

  it('503 and Retry-After while the log is away, again and again', async () => {
    const away = await start('postgres://nobody@127.0.0.1:1/none');
    for (let i = 0; i < 3; i++) {
      const answer = await away('/messages?topic=many');
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    }
  });

  it('is the operator’s alone', async () => {
    const identity = await testIdentity();
    const base = { ...testBase('api'), verify: identity.verify };
    const databaseUrl = database.url('api');
    const { app, close } = await startTestApp({
      base,
      identity,
      databaseUrl,
      sink: new URL('http://localhost'),
    });
    const ask = async (headers: Record<string, string>) =>
      (await app.fetch(new Request('http://localhost/messages?topic=many', { headers }))).status;
    expect(await ask({})).toBe(401);
    expect(await ask({ authorization: `Bearer ${await identity.token()}` })).toBe(403);
    await close();
  });
});
