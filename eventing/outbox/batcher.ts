export interface Batcher<T> {
  /** Resolves once the batch that the item went with is through; rejects as it does. */
  add(item: T): Promise<void>;
  /** Resolves when nothing waits; what is being gathered goes at once. */
  idle(): Promise<void>;
}

export interface BatcherOptions {
  largest?: number;
  /** How long the first of a batch waits for others: for what nobody waits for. */
  gatherMs?: number;
}

interface Waiting<T> {
  item: T;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** Gathers what comes while a batch is on its way into the next one: alone nothing waits, under load round trips are shared. */
export function createBatcher<T>(
  flush: (items: T[]) => Promise<void>,
  { largest = 200, gatherMs = 0 }: BatcherOptions = {},
): Batcher<T> {
  let waiting: Waiting<T>[] = [];
  let running: Promise<void> | undefined;
  let inHurry = false;
  let hurry = () => {};

  // What is added in the same turn of the event loop travels together in any case.
  const gather = () =>
    new Promise<void>((resolve) => {
      if (gatherMs === 0 || inHurry || waiting.length >= largest) return void setImmediate(resolve);
      const timer = setTimeout(resolve, gatherMs);
      hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const run = async () => {
    await gather();
    while (waiting.length > 0) {
      const batch = waiting.slice(0, largest);
      waiting = waiting.slice(largest);
      try {
        await flush(batch.map(({ item }) => item));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
      if (gatherMs > 0 && waiting.length > 0) await gather();
    }
    running = undefined;
  };

  return {
    add: (item) =>
      new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        if (waiting.length >= largest) hurry();
        running ??= run();
      }),
    idle: async () => {
      inHurry = true;
      hurry();
      await running;
      inHurry = false;
    },
  };
}
