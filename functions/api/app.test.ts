import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
  return async (path: string) => started.app.fetch(new Request(`http://localhost${path}`));
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
