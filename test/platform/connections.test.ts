import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { serverArguments } from '../../db/postgres/settings.ts';

const root = join(import.meta.dirname, '../..');

/** Connections that one pod of each function may open at most, by the pools in its code. */
const poolsOfFunctions = async (): Promise<number> => {
  const files = (await readdir(join(root, 'functions'), { recursive: true })).filter(
    (file) => file.endsWith('.ts') && !/\.test\.ts$|testing\.ts$|^kit\b/.test(file),
  );
  const sources = await Promise.all(files.map((file) => readFile(join(root, 'functions', file), 'utf8')));
  const pools = sources.flatMap((source) => [...source.matchAll(/\bconnect\([\w.]+, \{ max: (\d+)/g)]);
  const logs = sources.flatMap((source) => [...source.matchAll(/= createPostgresLog\(/g)]);
  expect(pools.length).toBeGreaterThanOrEqual(10);
  return pools.reduce((sum, [, max]) => sum + Number(max), 0) + logs.length * connectionsOfLog;
};
const connectionsOfLog = 2;
/** The runtime's store, lock and log, a migration, and those that Postgres keeps for its superuser. */
const others = 16;

const limitIn = (text: string) => Number(/max_connections=(\d+)/.exec(text)?.[1]);

test('two pods of every function, as while all are rolled out, fit in the connections of both databases', async () => {
  const needed = 2 * (await poolsOfFunctions()) + others;
  const cluster = await readFile(
    join(root, 'knative/manifests/components/postgres/stateful-set.yaml'),
    'utf8',
  );
  expect(needed).toBeLessThanOrEqual(limitIn(serverArguments(0, {}).join(' ')));
  expect(needed).toBeLessThanOrEqual(limitIn(cluster));
});
