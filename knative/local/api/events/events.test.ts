import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../../test/support/postgres.ts';
import { createAdmission } from '../../admission/admission.ts';
import { createStore } from '../../store/store.ts';
import { testLog } from '../../store/testing.ts';
import type { KubeObject, Store } from '../../store/types.ts';
import { ensureNamespaces } from '../namespaces.ts';
import { createEventWriter, type EventWriter } from './record-event.ts';

let database: TestDatabase;
let store: Store & { close(): Promise<void> };
let about: KubeObject;
let writer: EventWriter;

beforeAll(async () => {
  database = await freshDatabase();
  store = await createStore({ url: database.adminUrl, admit: createAdmission(), log: testLog() });
  await ensureNamespaces(store);
  about = await store.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'c', namespace: 'kagari' },
  });
});
afterAll(async () => {
  await store.close();
  await database.drop();
});
beforeEach(() => {
  writer = createEventWriter({ store, log: testLog() }, { flushMs: 5 });
});
afterEach(async () => {
  await writer.stop();
  for (const { metadata } of store.list('Event'))
    await store.remove('Event', metadata.namespace, metadata.name);
});

const events = () => store.list('Event');

describe('recording events', () => {
  test('writes what happened to what, by whom', async () => {
    writer.as('route-controller').record(about, 'Warning', 'RevisionMissing', 'Revision "c-00002" not found');
    await writer.stop();
    expect(events()).toMatchObject([
      {
        metadata: { namespace: 'kagari', name: expect.stringMatching(/^c\.[0-9a-f]{16}$/) },
        involvedObject: {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          name: 'c',
          namespace: 'kagari',
          uid: about.metadata.uid,
        },
        type: 'Warning',
        reason: 'RevisionMissing',
        message: 'Revision "c-00002" not found',
        count: 1,
        source: { component: 'route-controller' },
        firstTimestamp: expect.stringMatching(/Z$/),
      },
    ]);
  });

  test('what is new is written at once, though a count that has time waits to be written', async () => {
    const patient = createEventWriter({ store, log: testLog() }, { flushMs: 600_000 });
    const recorder = patient.as('a');
    recorder.record(about, 'Normal', 'Scaled', 'to 1');
    await expect.poll(() => events()).toHaveLength(1);
    recorder.record(about, 'Normal', 'Scaled', 'to 1');
    recorder.record(about, 'Normal', 'Created', 'it');
    await expect.poll(() => events()).toHaveLength(2);
    await patient.stop();
  });

  test('the same again raises its count; another reason, component or object is another event', async () => {
    const recorder = writer.as('a');
    for (let round = 0; round < 20; round++) recorder.record(about, 'Normal', 'Scaled', 'to 1');
    recorder.record(about, 'Normal', 'Killed', 'to 1');
    writer.as('b').record(about, 'Normal', 'Scaled', 'to 1');
    await expect.poll(() => events()).toHaveLength(3);
    recorder.record(about, 'Normal', 'Scaled', 'to 1');
    await writer.stop();
    expect(
      events()
        .map(({ count }) => count)
        .sort(),
    ).toEqual([1, 1, 21]);
  });

  test('many messages for one reason become one event', async () => {
    for (let round = 0; round < 200; round++)
      writer.as('a').record(about, 'Warning', 'DeliveryFailed', `event ${round} failed`);
    await writer.stop();
    expect(events()).toHaveLength(11);
    expect(events().find(({ count }) => count === 190)?.message).toBe(
      '(combined from similar events): event 199 failed',
    );
  });

  test('keeps at most so many, the newest, and none for longer than its time', async () => {
    await writer.stop();
    const few = createEventWriter({ store, log: testLog() }, { count: 5, ttlMs: 1_500, flushMs: 5 });
    for (let index = 0; index < 9; index++) few.as('a').record(about, 'Normal', `Reason${index}`, 'm');
    await expect.poll(() => events()).toHaveLength(5);
    await vi.waitFor(
      async () => {
        few.as('a').record(about, 'Normal', 'Late', 'm');
        expect(events().map(({ reason }) => reason)).toEqual(['Late']);
      },
      { timeout: 8_000, interval: 300 },
    );
    await few.stop();
  });

  test('an event that was swept is written again when it happens again', async () => {
    writer.as('a').record(about, 'Normal', 'Scaled', 'm');
    await expect.poll(() => events()).toHaveLength(1);
    for (const { metadata } of events()) await store.remove('Event', metadata.namespace, metadata.name);
    writer.as('a').record(about, 'Normal', 'Scaled', 'm');
    await writer.stop();
    expect(events()).toMatchObject([{ count: 2 }]);
  });

  test('never fails who records: not for what is gone, and not without a database', async () => {
    const lost = createEventWriter({
      log: testLog(),
      store: { ...store, create: () => Promise.reject(new Error('no database')) },
    });
    lost.as('a').record(about, 'Normal', 'Scaled', 'm');
    lost
      .as('a')
      .record(
        { ...about, metadata: { ...about.metadata, namespace: 'gone' } },
        'Normal',
        'Scaled',
        'x'.repeat(5_000),
      );
    await lost.stop();
    expect(events()).toEqual([]);
  });
});
