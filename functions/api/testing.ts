import { createPostgresLog } from '../../eventing/log/postgres.ts';
import { connect } from '../kit/database.ts';
import type { StartTestApp } from '../kit/testing.ts';
import { createApp } from './app.ts';
import { createClock } from './clock.ts';

export const startTestApp: StartTestApp = async ({ base, databaseUrl }) => {
  const { sql, check, close } = connect(databaseUrl, { max: 2, name: 'api' });
  const log = createPostgresLog({ url: databaseUrl });
  const app = createApp({ base: { ...base, checks: { database: check } }, now: createClock(sql), log });
  return {
    app,
    close: async () => {
      await log.close();
      await close();
    },
  };
};
