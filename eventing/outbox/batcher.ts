export interface Batcher<T> {
  /** Resolves once the batch that the item went with is through; rejects as it does. */
  add(item: T): Promise<void>;
  /** Resolves when nothing waits. */
  idle(): Promise<void>;
}

interface Waiting<T> {
  item: T;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** Gathers what comes while a batch is on its way into the next one: alone nothing waits, under load round trips are shared. */
export function createBatcher<T>(flush: (items: T[]) => Promise<void>, largest = 200): Batcher<T> {
  let waiting: Waiting<T>[] = [];
  let running: Promise<void> | undefined;

  const run = async () => {
    // What is added in the same turn of the event loop travels together.
    await new Promise(setImmediate);
    while (waiting.length > 0) {
      const batch = waiting.slice(0, largest);
      waiting = waiting.slice(largest);
      try {
        await flush(batch.map(({ item }) => item));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    running = undefined;
  };

  return {
    add: (item) =>
      new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        running ??= run();
      }),
    idle: async () => {
      await running;
    },
  };
}
