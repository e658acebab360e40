/** What the platform has acknowledged: all of it must be there at the end. Nothing is kept that is not needed then. */
export const createLedger = () => {
  const heard = new Set<() => void>();
  const ledger = {
    users: [] as string[],
    orders: [] as { id: string; token: string; cancelled: boolean }[],
    messages: [] as { topic: string; partition: number; offset: string; value: number }[],
    /** Dead letters by id. */
    redriven: [] as string[],
    services: new Map<string, { generation: number; traffic: unknown }>(),
    changes: 0,
    /** Called for every acknowledgement. */
    acknowledged<T>(entry: T, list: T[]): T {
      list.push(entry);
      ledger.heard();
      return entry;
    },
    heard() {
      for (const tell of heard) tell();
      heard.clear();
    },
    /** Resolves at the next acknowledgement. */
    next: () => new Promise<void>((resolve) => heard.add(resolve)),
    toString: () =>
      `${ledger.users.length} users, ${ledger.orders.length} orders (${ledger.orders.filter(({ cancelled }) => cancelled).length} cancelled), ` +
      `${ledger.messages.length} messages, ${ledger.redriven.length} redrives, ${ledger.changes} changes of revisions and traffic`,
  };
  return ledger;
};

export type Ledger = ReturnType<typeof createLedger>;
