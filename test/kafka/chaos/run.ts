#!/usr/bin/env node
// Kills real brokers under load, by name and as often as wanted:
// npm run test:kafka:chaos [-- --runs 20] [--plain-kafkajs] | [-- --events 100000]
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { functionDatabases } from '../../../db/functions.ts';
import { migrate } from '../../../db/migrate.ts';
import { startPostgres } from '../../../db/postgres/launcher.ts';
import { startKafka } from '../support/kafka.ts';
import { countEffects } from './keyed-events.ts';
import { countLostAppends } from './lost-appends.ts';
import { eventLogProducer, plainKafkajsProducer } from './producers.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    kills: { type: 'string', default: '3' },
    /** kafkajs' own producer, for comparison: it loses some. */
    'plain-kafkajs': { type: 'boolean', default: false },
    /** Keyed events through a consumer that is killed, too, instead. */
    events: { type: 'string' },
  },
});

const appends = async (): Promise<boolean> => {
  const kafka = await startKafka(3);
  let lost = 0;
  let failed = 0;
  try {
    for (let run = 1; run <= Number(values.runs); run++) {
      const producer = values['plain-kafkajs']
        ? await plainKafkajsProducer(kafka.brokers)
        : eventLogProducer(kafka.brokers);
      const result = await countLostAppends(kafka, producer, { kills: Number(values.kills) }).catch(
        (error: Error) => {
          // kafkajs' own has been seen to come to no end with its tries.
          console.log(`run ${run}: ${error.message}`);
          failed++;
        },
      );
      await producer.close();
      if (!result) continue;
      const { acknowledged, refused, doubled, misplaced } = result;
      lost += result.lost.length + misplaced.length;
      console.log(
        `run ${run}: ${acknowledged} records acknowledged, ${result.lost.length} lost, ${misplaced.length} misplaced, ` +
          `${doubled} doubled, ${refused} appends refused`,
      );
    }
  } finally {
    await kafka.end();
  }
  return lost + failed === 0;
};

const effects = async (events: number): Promise<boolean> => {
  const home = await mkdtemp(join(tmpdir(), 'kagari-chaos-'));
  await chmod(home, 0o755);
  const database = await startPostgres({ home, log: { info: () => {}, warn: console.warn } });
  try {
    const databaseUrl = database.adminUrl();
    await migrate(databaseUrl, {
      passwords: Object.fromEntries(functionDatabases.map((fn) => [fn, 'of-a-test'])),
    });
    const kafka = await startKafka(3);
    const began = performance.now();
    const result = await countEffects(kafka, { events, keys: 1_000, databaseUrl }).finally(kafka.end);
    console.log(result, `${Math.round((performance.now() - began) / 1_000)} s`);
    return result.effects === events && result.disordered.length === 0;
  } finally {
    await database.stop();
    await rm(home, { recursive: true, force: true });
  }
};

const well = values.events === undefined ? await appends() : await effects(Number(values.events));
process.exitCode = well ? 0 : 1;
