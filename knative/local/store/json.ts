const ours = new WeakSet<object>();

/** A deep-frozen copy as JSON would carry it (no undefined); what is already such a copy is shared, not copied. */
export const frozen = <T>(value: T): T => {
  if (typeof value !== 'object' || value === null) return value;
  if (ours.has(value)) return value;
  const copy = Array.isArray(value)
    ? value.map((item) => frozen(item ?? null))
    : // fromEntries defines properties: a key "__proto__" stays a key
      Object.fromEntries(
        Object.entries(value).flatMap(([key, item]) => (item === undefined ? [] : [[key, frozen(item)]])),
      );
  ours.add(Object.freeze(copy));
  return copy as T;
};

/** Equal as JSON values: the order of keys does not count, an undefined property is an absent one. */
export const sameJson = (a: unknown, b: unknown): boolean => {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => sameJson(item, b[index]));
  }
  const left = Object.entries(a).filter(([, item]) => item !== undefined);
  const right = Object.entries(b).filter(([, item]) => item !== undefined);
  if (left.length !== right.length) return false;
  const other = new Map(right);
  return left.every(([key, item]) => other.has(key) && sameJson(item, other.get(key)));
};
