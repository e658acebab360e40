import type { StartTestApp } from '../kit/testing.ts';
import { createApp } from './app.ts';

export const startTestApp: StartTestApp = async ({ base }) => ({
  app: createApp({ base }),
  close: async () => {},
});
