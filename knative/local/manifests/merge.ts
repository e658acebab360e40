import { isDeepStrictEqual } from 'node:util';

type Json = unknown;
type Fields = Record<string, Json>;

/**
 * Three-way merge: what `desired` changed since `last` is taken, everything else stays as it is `live`. Lists whose
 * items keep their number, or have names, are merged item by item; other lists are one value.
 */
export const merge = (last: Json, desired: Json, live: Json): Json => {
  if (live === undefined || isDeepStrictEqual(desired, live)) return desired;
  if (isFields(desired) && isFields(live)) return mergeFields(isFields(last) ? last : {}, desired, live);
  if (Array.isArray(desired) && Array.isArray(live)) {
    return mergeLists(Array.isArray(last) ? last : undefined, desired, live);
  }
  return isDeepStrictEqual(desired, last) ? live : desired;
};

const mergeFields = (last: Fields, desired: Fields, live: Fields): Fields => {
  const merged: Fields = {};
  for (const [name, value] of Object.entries(live)) {
    if (name in desired) merged[name] = merge(last[name], desired[name], value);
    else if (!(name in last)) merged[name] = value;
  }
  for (const [name, value] of Object.entries(desired)) {
    // Removed through the API, unchanged in the manifest: it stays removed.
    if (name in live || (name in last && isDeepStrictEqual(value, last[name]))) continue;
    merged[name] = value;
  }
  return merged;
};

const mergeLists = (last: Json[] | undefined, desired: Json[], live: Json[]): Json[] => {
  if (last && isDeepStrictEqual(desired, last)) return live;
  if (!last) return desired;
  const byName = [last, desired, live].map(indexByName);
  const [lastNamed, desiredNamed, liveNamed] = byName;
  if (lastNamed && desiredNamed && liveNamed) {
    const merged = mergeFields(lastNamed, desiredNamed, liveNamed);
    return Object.values(merged);
  }
  const alike = last.length === desired.length && live.length === desired.length && desired.every(isFields);
  return alike ? desired.map((item, i) => merge(last[i], item, live[i])) : desired;
};

const indexByName = (list: Json[]): Fields | undefined => {
  const index: Fields = {};
  for (const item of list) {
    if (!isFields(item) || typeof item.name !== 'string' || item.name in index) return undefined;
    index[item.name] = item;
  }
  return index;
};

const isFields = (value: Json): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
