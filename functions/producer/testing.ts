import { createPostgresLog } from '../../eventing/log/postgres.ts';
import type { StartTestApp } from '../kit/testing.ts';
import { createApp } from './app.ts';

export const startTestApp: StartTestApp = async ({ base, databaseUrl }) => {
  const log = createPostgresLog({ url: databaseUrl });
  const app = createApp({ base: { ...base, checks: { log: log.ping } }, log });
  return { app, close: log.close };
};
