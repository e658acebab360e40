import { randomUUID } from 'node:crypto';
import type { Connection } from './connection.ts';
import { frozen } from './json.ts';
import type { Change } from './memory.ts';
import type { Kind, KubeObject } from './types.ts';

export type Settlement = 'committed' | 'not-committed' | 'second-writer';

/** The store's side of the database: table kagari.objects and the clock that numbers its writes. */
export interface Journal {
  /** All objects by age. From here on no other journal writes. */
  load(): Promise<{ revision: number; objects: { kind: Kind; object: KubeObject }[] }>;
  /** Commits changes numbered before+1 … after, all or none. A rejection says nothing of the outcome: settle does. */
  write(before: number, after: number, changes: readonly Change[]): Promise<void>;
  /** What became of the write that ended at `after`. One that was not committed can no longer be. */
  settle(after: number): Promise<Settlement>;
}

export const createJournal = ({ use }: Connection): Journal => {
  const writer = randomUUID();
  return {
    load: () =>
      use(async (sql) => {
        // Waits for a write that a dead runtime's backend still commits.
        const [clock] = await sql<
          { revision: string }[]
        >`update kagari.clock set writer = ${writer} returning revision`;
        if (!clock) throw new Error('kagari.clock is empty: the database is not migrated');
        const rows = await sql<{ kind: Kind; object: string }[]>`
      select kind, object::text from kagari.objects order by revision`;
        const objects = rows.map(({ kind, object }) => ({
          kind,
          object: frozen<KubeObject>(JSON.parse(object)),
        }));
        return { revision: Number(clock.revision), objects };
      }),

    write: async (before, after, changes) => {
      const { kept, gone } = lastOfEach(changes);
      const [outcome] = await use(
        (sql) => sql<{ written: boolean }[]>`
      with clock as (
        update kagari.clock set revision = ${after} where revision = ${before} and writer = ${writer} returning revision
      ), gone as (
        delete from kagari.objects o
        using unnest(${texts(gone, (c) => c.kind)}::text[], ${texts(gone, namespaceOf)}::text[], ${texts(gone, nameOf)}::text[])
          as g (kind, namespace, name)
        where (o.kind, o.namespace, o.name) = (g.kind, g.namespace, g.name) and exists (select from clock)
      ), kept as (
        insert into kagari.objects (kind, namespace, name, revision, object)
        select k.kind, k.namespace, k.name, k.revision::bigint, k.object::json
        from unnest(${texts(kept, (c) => c.kind)}::text[], ${texts(kept, namespaceOf)}::text[], ${texts(kept, nameOf)}::text[],
          ${texts(kept, (c) => String(c.revision))}::text[], ${texts(kept, (c) => JSON.stringify(c.now))}::text[])
          as k (kind, namespace, name, revision, object)
        where exists (select from clock)
        on conflict (kind, namespace, name) do update set revision = excluded.revision, object = excluded.object
      )
      select exists (select from clock) as written`,
      );
      if (!outcome?.written) throw new Error(`the database is no longer at resourceVersion ${before}`);
    },

    settle: (after) =>
      use(async (sql) => {
        // Moving the clock past `after` waits for a backend that still commits, and shuts out one that has not begun.
        await sql`update kagari.clock set revision = ${after + 1} where revision < ${after} and writer = ${writer}`;
        const [clock] = await sql<{ revision: string; mine: boolean }[]>`
      select revision, writer = ${writer} as mine from kagari.clock`;
        if (!clock?.mine) return 'second-writer';
        return Number(clock.revision) === after ? 'committed' : 'not-committed';
      }),
  };
};

/** One statement may touch a row once: of several changes to an object only the last counts. */
const lastOfEach = (changes: readonly Change[]) => {
  const last = new Map(
    changes.map((change) => [`${change.kind}/${namespaceOf(change)}/${nameOf(change)}`, change]),
  );
  const all = [...last.values()];
  return { kept: all.filter((change) => change.now), gone: all.filter((change) => !change.now) };
};

const metadataOf = ({ now, old }: Change) => (now ?? old)?.metadata;
const namespaceOf = (change: Change) => metadataOf(change)?.namespace ?? '';
const nameOf = (change: Change) => metadataOf(change)?.name ?? '';

/** A text[] literal: it does not depend on the array types that a client has fetched. */
const texts = (changes: readonly Change[], of: (change: Change) => string): string =>
  `{${changes.map((change) => `"${of(change).replace(/[\\"]/g, '\\$&')}"`).join(',')}}`;
