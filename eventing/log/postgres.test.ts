import { freshDatabase } from '../../test/support/postgres.ts';
import { describeEventLog } from './conformance.ts';

describeEventLog('postgres', async () => {
  const database = await freshDatabase();
  return {
    module: new URL('./postgres.ts', import.meta.url),
    create: 'createPostgresLog',
    // A short lease: one test waits for it to run out.
    options: { url: database.adminUrl, leaseMs: 1_000, pollMs: 200 },
    end: () => database.drop(),
  };
});
