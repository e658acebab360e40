import { HTTP } from 'cloudevents';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDeliver, type Deliver } from '../../../eventing/broker/deliver.ts';
import { freshDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { openStore, testLog } from '../store/testing.ts';
import { aBroker, aPingSource, brokerRef } from './objects.fixture.ts';
import { pingSourceController } from './ping-sources.ts';
import { type Receiver, startReceiver } from './receiver.fixture.ts';

let database: TestDatabase;
let store: Awaited<ReturnType<typeof openStore>>;
let receiver: Receiver;
let deliver: Deliver;
let log: ReturnType<typeof testLog>;
let recorded: string[];
let controller: ReturnType<typeof pingSourceController>;

beforeEach(async () => {
  database = await freshDatabase();
  store = await openStore(database.adminUrl);
  receiver = await startReceiver();
  log = testLog();
  recorded = [];
  deliver = createDeliver();
  controller = pingSourceController({
    store,
    log,
    deliver,
    recorder: {
      record: (_, type, reason, message) => void recorded.push(`${type} ${reason} ${message}`),
    },
  });
  controller.start();
});

afterEach(async () => {
  await controller.stop();
  deliver.close();
  await Promise.all([store.close(), receiver.close()]);
  await database.drop();
});

const from = (name: string) =>
  receiver.requests.filter(({ headers }) => headers['ce-source']?.endsWith(`/${name}`));
const everySecond = '* * * * * *';
const statusOf = (name: string) => store.get('PingSource.sources.knative.dev', 'shop', name)?.status;
const conditionsOf = (name: string) =>
  Object.fromEntries(
    (statusOf(name)?.conditions ?? []).map(({ type, status }: { type: string; status: string }) => [
      type,
      status,
    ]),
  );

describe('PingSource', () => {
  it('sends its data as a CloudEvent at every tick, each with an id of its own', async () => {
    const spec = {
      schedule: everySecond,
      contentType: 'application/json',
      data: '{"beat":1}',
      ceOverrides: { extensions: { team: 'küche 7' } },
      sink: { uri: `${receiver.url}/_events` },
    };
    await store.create(aPingSource('beat', { spec }));
    await vi.waitFor(() => expect(receiver.requests.length).toBeGreaterThanOrEqual(3), { timeout: 5_000 });
    const events = receiver.requests.map(({ headers, body, path }) => {
      expect(path).toBe('/_events');
      return HTTP.toEvent({ headers, body: body.toString() });
    });
    expect(events[0]).toMatchObject({
      type: 'dev.knative.sources.ping',
      source: '/apis/v1/namespaces/shop/pingsources/beat',
      datacontenttype: 'application/json',
      data: { beat: 1 },
    });
    expect(receiver.requests[0]?.headers['ce-team']).toBe('k%C3%BCche%207');
    expect(new Set(events.map((event) => ('id' in event ? event.id : ''))).size).toBe(events.length);
  });

  it('sends binary data as it is, and none without a content type', async () => {
    const bytes = Buffer.from([0, 255, 1, 254]);
    const sink = { uri: receiver.url };
    await store.create(
      aPingSource('binary', {
        spec: { schedule: everySecond, sink, contentType: 'image/png', dataBase64: bytes.toString('base64') },
      }),
    );
    await vi.waitFor(() => expect(receiver.requests.length).toBeGreaterThan(0), { timeout: 5_000 });
    expect(receiver.requests[0]?.body).toEqual(bytes);
    await store.remove('PingSource.sources.knative.dev', 'shop', 'binary');
    await store.create(aPingSource('bare', { spec: { schedule: everySecond, sink } }));
    await vi.waitFor(() => expect(from('bare').length).toBeGreaterThan(0), { timeout: 5_000 });
    const [bare] = from('bare');
    expect(bare?.body).toHaveLength(0);
    expect(bare?.headers['content-type']).toBeUndefined();
  });

  it('sends again what is not taken, and gives up after a bounded number of attempts with one line', async () => {
    receiver.answer(() => 503);
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2024-03-08T10:59:59.500Z') });
    await store.create(aPingSource('beat', { spec: { schedule: '@hourly', sink: { uri: receiver.url } } }));
    await controller.idle();
    vi.setSystemTime(new Date('2024-03-08T11:00:00Z'));
    await vi.waitFor(() => expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1), {
      timeout: 10_000,
    });
    vi.useRealTimers();
    expect(receiver.requests).toHaveLength(6);
    expect(new Set(receiver.requests.map(({ headers }) => headers['ce-id'])).size).toBe(1);
    expect(recorded).toEqual([
      `Warning SinkSendFailed The sink ${receiver.url} did not take an event: status 503`,
    ]);
    expect(log.lines.find(({ level }) => level === 'warn')?.fields).toMatchObject({
      event: { id: receiver.requests[0]?.headers['ce-id'], type: 'dev.knative.sources.ping' },
      reason: 'status 503',
    });
  });

  it('does not send again what was refused for good', async () => {
    receiver.answer(() => 422);
    await store.create(aPingSource('beat', { spec: { schedule: everySecond, sink: { uri: receiver.url } } }));
    await vi.waitFor(() => expect(receiver.requests.length).toBeGreaterThanOrEqual(2), { timeout: 5_000 });
    expect(new Set(receiver.requests.map(({ headers }) => headers['ce-id'])).size).toBe(
      receiver.requests.length,
    );
  });

  it('says why it sends nothing, and begins when its sink has an address', async () => {
    await store.create(
      aPingSource('beat', {
        spec: { schedule: everySecond, sink: { ref: brokerRef('default'), uri: '/in' } },
      }),
    );
    await expect.poll(() => conditionsOf('beat')).toMatchObject({ SinkProvided: 'False', Ready: 'False' });
    const broker = await store.create(aBroker('default'));
    await store.updateStatus({ ...broker, status: { address: { url: receiver.url } } });
    await expect.poll(() => conditionsOf('beat')).toMatchObject({ SinkProvided: 'True', Ready: 'True' });
    expect(statusOf('beat')).toMatchObject({
      sinkUri: `${receiver.url}/in`,
      ceAttributes: [
        { type: 'dev.knative.sources.ping', source: '/apis/v1/namespaces/shop/pingsources/beat' },
      ],
      observedGeneration: 1,
    });
    await vi.waitFor(() => expect(receiver.requests.length).toBeGreaterThan(0), { timeout: 5_000 });
    await store.update(aPingSource('beat', { spec: { schedule: '@every 1s', sink: { uri: receiver.url } } }));
    await expect.poll(() => conditionsOf('beat')).toMatchObject({ Deployed: 'False', Ready: 'False' });
    const sent = from('beat').length;
    const schedule = everySecond;
    await store.create(aPingSource('other', { spec: { schedule, sink: { uri: receiver.url } } }));
    await vi.waitFor(() => expect(from('other').length).toBeGreaterThan(1), { timeout: 5_000 });
    expect(from('beat')).toHaveLength(sent);
  });

  it('sends one event a tick over a restart, and none for a tick that came while nothing ran', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2024-03-08T10:59:59.800Z') });
    const spec = { schedule: '@hourly', sink: { uri: receiver.url } };
    await store.create(aPingSource('beat', { spec }));
    await controller.idle();
    const restart = async (at: string) => {
      await controller.stop();
      vi.setSystemTime(new Date(at));
      controller = pingSourceController({ store, log, deliver });
      controller.start();
      await controller.idle();
    };
    const times = () => receiver.requests.map(({ headers }) => headers['ce-time']);
    vi.setSystemTime(new Date('2024-03-08T11:00:00Z'));
    await vi.waitFor(() => expect(times()).toHaveLength(1), { timeout: 10_000 });
    await restart('2024-03-08T11:00:00.200Z');
    await restart('2024-03-08T11:00:00.400Z');
    await restart('2024-03-08T13:30:00Z');
    await restart('2024-03-08T13:59:59.800Z');
    vi.setSystemTime(new Date('2024-03-08T14:00:00Z'));
    await vi.waitFor(() => expect(times()).toHaveLength(2), { timeout: 10_000 });
    await restart('2024-03-08T14:00:00.100Z');
    vi.useRealTimers();
    expect(times()).toEqual(['2024-03-08T11:00:00.000Z', '2024-03-08T14:00:00.000Z']);
  });

  it('lets no override replace what the event says of itself', async () => {
    const extensions = { ID: 'forged', type: 'forged', Team: 'blue' };
    await store.create(
      aPingSource('beat', {
        spec: { schedule: everySecond, sink: { uri: receiver.url }, ceOverrides: { extensions } },
      }),
    );
    await vi.waitFor(() => expect(receiver.requests.length).toBeGreaterThan(0), { timeout: 5_000 });
    expect(receiver.requests[0]?.headers).toMatchObject({
      'ce-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'ce-type': 'dev.knative.sources.ping',
      'ce-team': 'blue',
    });
  });

  it('ends at once with what is being sent', async () => {
    receiver.answer(() => new Promise<number>(() => {}));
    await store.create(aPingSource('beat', { spec: { schedule: everySecond, sink: { uri: receiver.url } } }));
    await vi.waitFor(() => expect(receiver.requests.length).toBeGreaterThan(0), { timeout: 5_000 });
    const begun = performance.now();
    await controller.stop();
    expect(performance.now() - begun).toBeLessThan(500);
  });
});
