import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{db,eventing,functions,knative,scripts,test}/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'test/{kafka,cluster}/**'],
    globalSetup: ['test/support/postgres-server.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
