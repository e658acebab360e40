import { isObject, type Json, objectOf } from './json.ts';

/** RFC 7386: null removes, objects merge, all else replaces. Neither argument is changed. */
export const mergePatch = (target: Json | undefined, patch: Json): Json => {
  if (!isObject(patch)) return patch;
  const merged = new Map(isObject(target) ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, mergePatch(merged.get(key), value));
  }
  return objectOf(merged);
};
