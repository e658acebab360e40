import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TriggerSpec } from '../../eventing/broker/types.ts';
import { waitUntil } from '../support/platform.ts';
import { group, openWorld, topic, trigger, type World } from './world.ts';

let world: World;
let child: ChildProcess | undefined;
beforeEach(async () => {
  world = await openWorld(4);
});
afterEach(async () => {
  await kill();
  await world.close();
});

const startBroker = async (triggers: TriggerSpec[], commitMs = 25): Promise<string> => {
  const argument = JSON.stringify({ url: world.database.adminUrl, commitMs, triggers });
  const started = spawn(process.execPath, [join(import.meta.dirname, 'broker-process.ts'), argument], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {},
  });
  child = started;
  const [line] = (await once(started.stdout, 'data')) as [Buffer];
  return `http://127.0.0.1:${line.toString().trim()}`;
};
const kill = async () => {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
};
const post = async (ingress: string, id: string): Promise<boolean> => {
  const headers = {
    'ce-specversion': '1.0',
    'ce-id': id,
    'ce-source': '/s',
    'ce-type': 't',
    'ce-partitionkey': id,
  };
  try {
    return (await fetch(ingress, { method: 'POST', headers })).status === 202;
  } catch {
    return false;
  }
};
const committed = async () => {
  const ends = (await world.log.offsets(topic)).map(({ end }) => end);
  return (await world.log.committed(topic, group('t'))).every((offset, p) => offset === ends[p]);
};

test('killed between delivery and commit: everything is delivered once more, and nothing is lost', async () => {
  const subscriber = await world.receiver();
  const ids = Array.from({ length: 30 }, (_, i) => `e${i}`);
  const ingress = await startBroker([trigger('t', subscriber.url)], 3_600_000);
  for (const id of ids) expect(await post(ingress, id)).toBe(true);
  await waitUntil('all to be delivered', 10_000, () => new Set(subscriber.ids()).size === 30);
  await kill();
  expect(await committed()).toBe(false);
  await world.broker.addTrigger(trigger('t', subscriber.url));
  await waitUntil('all to be committed', 10_000, committed);
  expect(subscriber.ids().sort()).toEqual([...ids, ...ids].sort());
}, 60_000);

test('killed while a delivery is under way: it is made again at the next start', async () => {
  const subscriber = await world.receiver((_, nth) => (nth === 1 ? undefined : 204));
  const ingress = await startBroker([trigger('t', subscriber.url)]);
  await post(ingress, 'x');
  await waitUntil('the delivery', 10_000, () => subscriber.received.length === 1);
  await kill();
  await startBroker([trigger('t', subscriber.url)]);
  await waitUntil('the commit', 10_000, committed);
  expect(subscriber.ids()).toEqual(['x', 'x']);
}, 60_000);

test('killed at any moment, again and again: what was acknowledged reaches its subscriber or the desk', async () => {
  const subscriber = await world.receiver(async ({ id }, nth) => {
    await sleep(Number(id) % 4);
    if (Number(id) % 10 === 3) return 422;
    return Number(id) % 10 === 7 && nth === 1 ? 503 : 204;
  });
  const desk = await world.receiver();
  const delivery = {
    retry: 2,
    backoffPolicy: 'linear',
    backoffDelay: 'PT0.01S',
    deadLetterSink: desk.url,
  } as const;
  const spec = trigger('t', subscriber.url, { delivery });
  const acknowledged: string[] = [];
  let next = 0;
  for (let round = 0; round < 6; round++) {
    const ingress = await startBroker([spec]);
    const until = performance.now() + 100 + round * 37;
    const producers = Array.from({ length: 8 }, async () => {
      while (performance.now() < until + 50) {
        const id = `${next++}`;
        if (await post(ingress, id)) acknowledged.push(id);
        else return;
      }
    });
    await sleep(until - performance.now());
    await kill();
    await Promise.all(producers);
  }
  await startBroker([spec]);
  await waitUntil('all to be committed', 20_000, committed);
  const [taken, dead] = [new Set(subscriber.ids()), new Set(desk.ids())];
  expect(acknowledged.length).toBeGreaterThan(100);
  expect(acknowledged.filter((id) => !taken.has(id))).toEqual([]);
  expect(acknowledged.filter((id) => Number(id) % 10 === 3 && !dead.has(id))).toEqual([]);
}, 120_000);

test('a broker taken down and up finds its triggers where they were', async () => {
  const subscriber = await world.receiver();
  await startBroker([trigger('t', subscriber.url)]);
  await kill();
  await world.publish('meanwhile');
  await startBroker([trigger('t', subscriber.url)]);
  await waitUntil('the event', 10_000, () => subscriber.ids().includes('meanwhile'));
  expect(await world.log.groups()).toEqual([group('t')]);
}, 60_000);
