import { defineConfig } from 'vitest/config';

const onThePlatform = {
  globalSetup: ['test/acceptance/support/one-platform.ts'],
  testTimeout: 240_000,
  hookTimeout: 240_000,
};

/** One file after the other: they share one cluster. */
export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
    projects: [
      {
        extends: true,
        test: { ...onThePlatform, name: 'acceptance', include: ['test/acceptance/**/*.test.ts'] },
      },
      {
        extends: true,
        test: { ...onThePlatform, name: 'platform', include: ['test/cluster/platform/**/*.test.ts'] },
      },
      {
        extends: true,
        test: {
          name: 'deploy',
          include: ['test/cluster/deploy.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
