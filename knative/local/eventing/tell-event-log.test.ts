import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { ensureNamespace } from '../secrets/kept.ts';
import { openStore } from '../store/testing.ts';
import { tellEventLog } from './tell-event-log.ts';

let database: TestDatabase;
let store: Awaited<ReturnType<typeof openStore>>;
beforeAll(async () => {
  database = await freshDatabase();
  store = await openStore(database.adminUrl);
  await ensureNamespace(store);
});
afterAll(async () => {
  await store?.close();
  await database?.drop();
});

it('functions find Kafka where it is, where it has gone, and no more where the log is in the database again', async () => {
  const told = () => store.get('ConfigMap', 'kagari', 'event-log')?.data;
  await tellEventLog(store, undefined);
  expect(told()).toBeUndefined();
  await tellEventLog(store, ['a:1', 'b:2']);
  expect(told()).toEqual({ 'kafka-brokers': 'a:1,b:2' });
  await tellEventLog(store, ['c:3']);
  expect(told()).toEqual({ 'kafka-brokers': 'c:3' });
  await tellEventLog(store, undefined);
  expect(told()).toBeUndefined();
});
