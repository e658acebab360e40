/** The candidate that a word was probably meant to be, if one is near enough. */
export const similar = (word: string, candidates: Iterable<string>): string | undefined => {
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = edits(word.toLowerCase(), candidate.toLowerCase());
    if (!best || distance < best.distance) best = { candidate, distance };
  }
  const allowed = Math.max(1, Math.floor(word.length / 3));
  return best && best.distance <= allowed ? best.candidate : undefined;
};

/** Insertions, deletions, replacements and swaps of neighbours from one word to the other. */
const edits = (a: string, b: string): number => {
  const rows = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    const at = (line: number, column: number) => rows[line]?.[column] ?? Number.POSITIVE_INFINITY;
    for (let j = 1; j <= b.length; j++) {
      const replace = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = swapped ? at(i - 2, j - 2) + 1 : replace;
      row.push(Math.min(at(i - 1, j) + 1, (row[j - 1] ?? j) + 1, replace, swap));
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? b.length;
};
