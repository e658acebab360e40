import postgres from 'postgres';
import { functionDatabases } from '../../db/functions.ts';
import { migrate } from '../../db/migrate.ts';
import { createAdmission } from './admission/admission.ts';
import { openDatabase } from './database.ts';
import { sinkBindingMutator } from './eventing/bind-sink.ts';
import type { Life } from './life.ts';
import { ensureSecrets } from './secrets/ensure-secrets.ts';
import { tellOperator } from './secrets/operator.ts';
import { rolePasswords } from './secrets/role-passwords.ts';
import { standingSecrets } from './secrets/standing-secrets.ts';
import type { Reaper } from './serving/pods/reaper.ts';
import { createStore } from './store/store.ts';
import type { Log, Store } from './store/types.ts';

export interface StateOptions {
  home: string;
  databaseUrl?: string;
  life: Life;
  reaper: Reaper;
  log: Log;
  say(line: string): void;
  onLost(reason: string): void;
}

export interface State {
  store: Store;
  /** The database's URL as its owner. */
  adminUrl: string;
}

/** The database, migrated, with the store in it and the Secrets that the functions need. */
export const openState = async ({
  home,
  databaseUrl,
  life,
  reaper,
  log,
  say,
  onLost,
}: StateOptions): Promise<State> => {
  const database = life.begin(
    await openDatabase({
      home,
      ...(databaseUrl && { url: databaseUrl }),
      log,
      watchOver: (pid) => reaper.register(pid, { group: false, signal: 'SIGINT' }),
      onLost,
    }),
    (it) => it.stop(),
  );
  const { adminUrl } = database;
  const passwords = rolePasswords(await secretsBefore(adminUrl), functionDatabases);
  await migrate(adminUrl, { passwords });
  const admit = createAdmission({ mutators: [sinkBindingMutator] });
  const store = life.begin(await createStore({ url: adminUrl, admit, log }), (it) => it.close());
  const { operator } = await ensureSecrets(store, { adminUrl, passwords });
  say(`the operator's login is in ${await tellOperator(operator, home)}`);
  return { store, adminUrl };
};

const secretsBefore = async (url: string) => {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    return await standingSecrets(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
};
