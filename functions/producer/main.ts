import * as z from 'zod';
import { brokerList } from '../../eventing/log/brokers.ts';
import { openLog } from '../../eventing/log/open.ts';
import { createBase } from '../kit/base.ts';
import { baseEnvironment, databaseUrl, identityEnvironment, parseConfig } from '../kit/config.ts';
import { connect } from '../kit/database.ts';
import { serve } from '../kit/serve.ts';
import { createApp } from './app.ts';

const config = parseConfig(
  z.object({
    ...baseEnvironment,
    ...identityEnvironment,
    DATABASE_URL: databaseUrl,
    KAFKA_BROKERS: brokerList.optional(),
  }),
  process.env,
);
const kafkaBrokers = config.KAFKA_BROKERS;
const database = kafkaBrokers && connect(config.DATABASE_URL, { max: 2, name: 'producer' });
const log = await openLog({ databaseUrl: config.DATABASE_URL, kafkaBrokers, clientId: 'producer' });
const base = createBase({
  name: 'producer',
  config,
  folder: import.meta.dirname,
  // Without Kafka the log is in the database.
  checks: database ? { database: database.check, log: log.ping } : { database: log.ping },
});

await serve(createApp({ base, log }), { base, config, stop: [log.close, () => database?.close()] });
