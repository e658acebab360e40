import { sameJson } from '../../store/json.ts';
import { badRequest } from '../../store/status-error.ts';
import { isObject, type Json, type JsonObject, objectOf } from './json.ts';

/** Kubernetes' lists that merge: by a key of their items, or as sets of values. Other lists are replaced whole. */
const mergedLists: Record<string, string | true> = {
  'metadata.ownerReferences': 'uid',
  'metadata.finalizers': true,
  'spec.ports': 'port',
};

/** Kubernetes' strategic merge patch for core kinds, directives included: `$patch`, `$retainKeys`, `$deleteFromPrimitiveList`. */
export const strategicMerge = (target: Json | undefined, patch: Json): Json => merge(target, patch, '');

const merge = (target: Json | undefined, patch: Json, path: string): Json => {
  if (Array.isArray(patch)) return mergeList(Array.isArray(target) ? target : [], patch, path);
  if (!isObject(patch)) return patch;
  const old = isObject(target) ? target : {};
  const { $patch, $retainKeys, ...fields } = patch;
  if ($patch === 'delete') return {};
  if ($patch === 'replace') return fields;
  if ($patch !== undefined && $patch !== 'merge')
    throw badRequest(`unknown $patch directive ${JSON.stringify($patch)}`);
  const merged = new Map(Object.entries(old));
  if (Array.isArray($retainKeys)) {
    for (const key of merged.keys()) if (!$retainKeys.includes(key)) merged.delete(key);
  }
  for (const [key, value] of Object.entries(fields)) mergeField(merged, key, value, path);
  return objectOf(merged);
};

const mergeField = (merged: Map<string, Json>, key: string, value: Json, path: string): void => {
  const [directive, list] = key.startsWith('$') ? key.split('/', 2) : [undefined, undefined];
  if (directive === '$setElementOrder') return;
  if (directive === '$deleteFromPrimitiveList' && list) {
    const old = merged.get(list);
    const gone = Array.isArray(value) ? value : [];
    if (Array.isArray(old))
      merged.set(
        list,
        old.filter((item) => !gone.some((one) => sameJson(one, item))),
      );
    return;
  }
  if (directive) throw badRequest(`unknown directive ${JSON.stringify(key)} in a strategic merge patch`);
  if (value === null) merged.delete(key);
  else if (isObject(value) && value.$patch === 'delete') merged.delete(key);
  else merged.set(key, merge(merged.get(key), value, path ? `${path}.${key}` : key));
};

const mergeList = (old: Json[], patch: Json[], path: string): Json[] => {
  const key = mergedLists[path];
  if (key === undefined) return patch;
  if (key === true) return [...old, ...patch.filter((item) => !old.some((one) => sameJson(one, item)))];
  if (patch.some((item) => isObject(item) && item.$patch === 'replace'))
    return patch.filter((item) => !isObject(item) || item.$patch === undefined);
  const merged = [...old];
  for (const item of patch) {
    if (!isObject(item)) throw badRequest(`${path}: expected objects with "${key}"`);
    const index = merged.findIndex((one) => isObject(one) && sameJson(one[key], item[key]));
    if (item.$patch === 'delete') merged.splice(index, index < 0 ? 0 : 1);
    else if (index < 0) merged.push(merge({}, item, `${path}[]`));
    else merged[index] = merge(merged[index] as JsonObject, item, `${path}[]`);
  }
  return merged;
};
