const atOnce = 4;

/** Does the work for each, four at once; throws the first failure when all have been tried. */
export const eachOf = async <T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> => {
  const waiting = items.values();
  const failures: unknown[] = [];
  const takeNext = async () => {
    for (const item of waiting) await work(item).catch((error) => failures.push(error));
  };
  await Promise.all(Array.from({ length: atOnce }, takeNext));
  if (failures.length > 0) throw failures[0];
};
