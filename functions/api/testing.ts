import { connect } from '../kit/database.ts';
import type { StartTestApp } from '../kit/testing.ts';
import { createApp } from './app.ts';
import { createClock } from './clock.ts';

export const startTestApp: StartTestApp = async ({ base, databaseUrl }) => {
  const { sql, check, close } = connect(databaseUrl, { max: 2, name: 'api' });
  const app = createApp({ base: { ...base, checks: { database: check } }, now: createClock(sql) });
  return { app, close };
};
