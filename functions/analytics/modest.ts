const mostBytes = 16 * 1024;
const mostLevels = 20;

/** Whether a JSON value is small and shallow enough to be kept. Without recursion: what comes may be nested without end. */
export const isModest = (root: unknown): boolean => {
  const pending: [value: unknown, level: number][] = [[root, 0]];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const [value, level] = next;
    if (typeof value !== 'object' || value === null) continue;
    if (level === mostLevels) return false;
    for (const inner of Object.values(value)) pending.push([inner, level + 1]);
  }
  return root === undefined || Buffer.byteLength(JSON.stringify(root)) <= mostBytes;
};
