import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { triggerKind } from './kinds.ts';
import { aBroker, aTrigger, serviceRef } from './objects.fixture.ts';
import { type Receiver, startReceiver } from './receiver.fixture.ts';
import { openWorld, type World } from './world.fixture.ts';

let database: TestDatabase;
let world: World;
let receivers: Receiver[];

beforeEach(async () => {
  database = await freshDatabase();
  receivers = await Promise.all([startReceiver(), startReceiver()]);
  world = await openWorld(database.adminUrl);
});

afterEach(async () => {
  await world.close();
  await Promise.all(receivers.map((receiver) => receiver.close()));
  await database.drop();
});

// Every version takes the events that count; they differ in dialect, subscriber, delivery, order and the rest they take.
const versions = [
  {
    filters: [{ exact: { type: 'counts' } }],
    service: 'first',
    delivery: { retry: 3, backoffDelay: 'PT0.05S' },
  },
  {
    filters: [{ prefix: { type: 'co' } }],
    service: 'second',
    delivery: { retry: 5, backoffDelay: 'PT0.1S' },
  },
  { filter: { attributes: { type: 'counts' } }, service: 'second', ordered: true },
  { filters: [{ not: { exact: { type: 'noise' } } }], service: 'first' },
  { service: 'second', delivery: { retry: 4, backoffDelay: 'PT0.02S' } },
];

const spec = ({ service, ordered: _, ...rest }: (typeof versions)[number]) => ({
  broker: 'default',
  subscriber: { ref: serviceRef(service), uri: '/_events' },
  ...rest,
});
const metadata = (version: (typeof versions)[number]) => ({
  annotations: { 'kafka.eventing.knative.dev/delivery.order': version.ordered ? 'ordered' : 'unordered' },
});

it('loses none of 500 events while filter, subscriber, delivery and order change, and subscribers fail at times', async () => {
  const delivery = { retry: 5, backoffDelay: 'PT0.05S', backoffPolicy: 'linear' };
  for (const [index, name] of ['first', 'second'].entries()) {
    const receiver = receivers[index];
    await world.addService(name, receiver?.url ?? '');
    const failed = new Set<string | undefined>();
    let count = 0;
    receiver?.answer(({ headers }) => {
      // every seventh event fails at its first attempt
      if (count++ % 7 || failed.has(headers['ce-id'])) return 204;
      failed.add(headers['ce-id']);
      return 503;
    });
  }
  await world.store.create(aBroker('default', { spec: { delivery } }));
  const [first] = versions;
  await world.store.create(aTrigger('t', { spec: spec(first!) }, metadata(first!)));
  await expect.poll(() => world.conditions(triggerKind, 't').Ready).toBe('True');

  const accepted: string[] = [];
  let publishing = true;
  const publish = async () => {
    while (accepted.length < 500) {
      const [{ id, status }] = await Promise.all([
        world.publish({ type: 'counts' }),
        world.publish({ type: 'noise' }),
      ]);
      if (status === 202) accepted.push(id);
    }
  };
  const published = Promise.all(Array.from({ length: 4 }, publish)).finally(() => {
    publishing = false;
  });
  let changes = 0;
  while (publishing) {
    const version = versions[++changes % versions.length]!;
    await world.store.update(aTrigger('t', { spec: spec(version) }, metadata(version)));
    await world.eventing.settled();
  }
  await published;

  expect(changes).toBeGreaterThan(versions.length);
  const arrived = () =>
    new Set(receivers.flatMap(({ requests }) => requests.map(({ headers }) => headers['ce-id'])));
  await vi.waitFor(
    () => {
      const seen = arrived();
      expect(accepted.filter((id) => !seen.has(id))).toEqual([]);
    },
    { timeout: 20_000 },
  );
  expect(receivers.every(({ requests }) => requests.length > 20)).toBe(true);
});
