import { defineConfig } from 'vitest/config';

const apart = ['**/node_modules/**', 'test/{kafka,cluster}/**'];
const acceptance = 'test/acceptance/**/*.test.ts';

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    // Two workers share two cores: what takes a tenth of a second alone may take two.
    expect: { poll: { timeout: 10_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'kagari',
          include: ['{db,eventing,functions,knative,scripts,test}/**/*.test.ts'],
          exclude: [...apart, acceptance],
          globalSetup: ['test/support/postgres-server.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'acceptance',
          include: [acceptance],
          globalSetup: ['test/acceptance/support/one-platform.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'kafka',
          include: ['test/kafka/**/*.test.ts'],
          globalSetup: ['test/kafka/support/setup.ts', 'test/support/postgres-server.ts'],
          // Brokers are heavy: one file at a time.
          maxWorkers: 1,
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'acceptance-on-kafka',
          include: ['test/acceptance/{events,messages,order-to-mail}.test.ts'],
          globalSetup: ['test/kafka/support/setup.ts', 'test/kafka/support/platform-on-kafka.ts'],
          maxWorkers: 1,
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
});
