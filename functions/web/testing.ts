import { join } from 'node:path';
import type { StartTestApp } from '../kit/testing.ts';
import { createApp } from './app.ts';
import { readAssets } from './assets.ts';

export const startTestApp: StartTestApp = async ({ base }) => {
  const assets = await readAssets(join(import.meta.dirname, 'assets'));
  return {
    app: createApp({ base, assets, functions: ['auth', 'orders'] }),
    close: async () => {},
  };
};
