// What a CESQL filter costs beside an exact one: alone, and in the events that the broker delivers a second.
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { functionDatabases } from '../../db/functions.ts';
import { migrate } from '../../db/migrate.ts';
import { startPostgres } from '../../db/postgres/launcher.ts';
import { createBroker } from '../../eventing/broker/broker.ts';
import { compileFilter } from '../../eventing/broker/filter.ts';
import type { Broker, FilterSpec } from '../../eventing/broker/types.ts';
import { createPostgresLog } from '../../eventing/log/postgres.ts';

const rounds = 15;
const eventsPerRound = 3_000;
const atOnce = 64;

const hex = Array.from({ length: 256 }, (_, n) => `'${n.toString(16).padStart(2, '0')}'`).join(', ');
type Kind = (type: string) => FilterSpec;
/** `cpu`: microseconds that this process used for an event, publisher and subscriber included. */
interface Round {
  perSecond: number;
  cpu: number;
}

const kinds: Record<string, Kind> = {
  exact: (type) => ({ exact: { type } }),
  cesql: (type) => ({ cesql: `type = '${type}'` }),
  'cesql by key': (type) => ({ cesql: `type = '${type}' AND RIGHT(partitionkey, 2) IN (${hex})` }),
};
const median = (values: number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const alone = () => {
  const attributes = new Map(
    Object.entries({ type: 'test', id: '1', partitionkey: '01a1fcc9-42ff-7c54-0f' }),
  );
  const event = { attributes, data: new Uint8Array() };
  return Object.entries(kinds).map(([name, spec]) => {
    const filter = compileFilter({ filters: [spec('test')] });
    const nanoseconds = Array.from({ length: rounds }, () => {
      const began = performance.now();
      for (let n = 0; n < 1_000_000; n++) if (!filter(event)) throw new Error('the filter lets the event go');
      return performance.now() - began;
    });
    return [name, Math.round(median(nanoseconds))] as const;
  });
};

/** As in the platform: of eight triggers one wants an event. */
const setFilters = (broker: Broker, subscriber: string, spec: (type: string) => FilterSpec) =>
  Promise.all(
    Array.from({ length: 8 }, (_, n) =>
      broker.addTrigger({
        namespace: 'bench',
        name: `t${n}`,
        broker: 'default',
        subscriber,
        filters: [spec(n === 0 ? 'test' : `other-${n}`)],
      }),
    ),
  );

const inBroker = async (broker: Broker) => {
  await broker.addBroker({ namespace: 'bench', name: 'default' });
  let handled = 0;
  const subscriber = createServer((req, res) => {
    req.resume().on('end', () => {
      handled++;
      res.writeHead(204).end();
    });
  });
  subscriber.listen(0, '127.0.0.1');
  await once(subscriber, 'listening');
  const url = `http://127.0.0.1:${(subscriber.address() as AddressInfo).port}`;
  const body = Buffer.alloc(512, 'x');
  const publish = (n: number) => {
    const id = n.toString(16).padStart(4, '0');
    const own = { 'ce-specversion': '1.0', 'ce-source': '/bench', 'ce-type': 'test' };
    const headers = { ...own, 'ce-id': id, 'ce-partitionkey': id };
    return broker.accept({ namespace: 'bench', broker: 'default', method: 'POST', headers, body });
  };
  const round = async (): Promise<Round> => {
    const wanted = handled + eventsPerRound;
    const [began, used] = [performance.now(), process.cpuUsage()];
    let n = 0;
    const sender = async () => {
      while (n < eventsPerRound) await publish(n++);
    };
    await Promise.all(Array.from({ length: atOnce }, sender));
    while (handled < wanted) await sleep(1);
    const { user, system } = process.cpuUsage(used);
    return {
      perSecond: (eventsPerRound / (performance.now() - began)) * 1_000,
      cpu: (user + system) / eventsPerRound,
    };
  };

  const figures: Record<string, Round[]> = {};
  const names = Object.keys(kinds);
  for (let n = 0; n <= rounds; n++)
    for (const at of names.keys()) {
      // Each has its turn after each other.
      const name = names[(at + n) % names.length] ?? '';
      await setFilters(broker, url, kinds[name] as Kind);
      const figure = await round();
      // The first of each warms up.
      if (n > 0) figures[name] = [...(figures[name] ?? []), figure];
    }
  subscriber.close();
  return figures;
};

const home = await mkdtemp(join(tmpdir(), 'kagari-bench-'));
await chmod(home, 0o755);
const server = await startPostgres({
  home,
  log: { info: () => {}, warn: (_, message) => console.warn(message) },
});
try {
  const url = server.adminUrl();
  await migrate(url, { passwords: Object.fromEntries(functionDatabases.map((fn) => [fn, 'of-a-bench'])) });
  const log = createPostgresLog({ url });
  const broker = createBroker({ log });
  const nanoseconds = Object.fromEntries(alone());
  const figures = await inBroker(broker);
  const medians = (name: string, figure: keyof Round) =>
    median((figures[name] ?? []).map((round) => round[figure]));
  console.log(
    `${rounds} rounds of ${eventsPerRound} events, ${atOnce} at once, ${availableParallelism()} cores`,
  );
  console.table(
    Object.fromEntries(
      Object.keys(kinds).map((name) => [
        name,
        {
          'ns an event, alone': nanoseconds[name],
          'events/s, median': Math.round(medians(name, 'perSecond')),
          'events/s, most': Math.round(Math.max(...(figures[name] ?? []).map(({ perSecond }) => perSecond))),
          'CPU µs an event, median': Math.round(medians(name, 'cpu')),
          'events a CPU second, beside exact': (medians('exact', 'cpu') / medians(name, 'cpu')).toFixed(2),
        },
      ]),
    ),
  );
  await broker.close({ graceMs: 1_000 });
  await log.close();
} finally {
  await server.stop();
  await rm(home, { recursive: true, force: true });
}
