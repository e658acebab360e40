import { sameJson } from '../store/json.ts';

type Json = unknown;
type Fields = Record<string, Json>;

/**
 * What stands now, with what has changed in the YAML since it was last applied: a field that is new or different in the
 * YAML gets its value, one that left the YAML goes, all else stays as it is, whoever made it so.
 */
export const mergeThreeWay = (before: Json, wanted: Json, now: Json, path = ''): Json => {
  if (sameJson(before, wanted)) return now;
  if (isFields(wanted) && isFields(now))
    return mergeFields(isFields(before) ? before : {}, wanted, now, path);
  const key = listKeys[path];
  if (key && isList(wanted) && isList(now))
    return mergeLists(isList(before) ? before : [], wanted, now, path, key);
  return wanted;
};

const mergeFields = (before: Fields, wanted: Fields, now: Fields, path: string): Fields => {
  const entries = [...new Set([...Object.keys(now), ...Object.keys(wanted)])].flatMap((key) => {
    const merged = mergeOne(before[key], wanted[key], now[key], path ? `${path}.${key}` : key);
    return merged === undefined ? [] : [[key, merged]];
  });
  return Object.fromEntries(entries);
};

const mergeOne = (before: Json, wanted: Json, now: Json, path: string): Json => {
  if (wanted === undefined) return before === undefined ? now : undefined;
  if (now === undefined) return sameJson(before, wanted) ? undefined : wanted;
  return mergeThreeWay(before, wanted, now, path);
};

/** Lists whose items have names, as Kubernetes' strategic merge has them; every other list is one value. */
const listKeys: Record<string, (item: Fields) => Json> = {
  'spec.template.spec.containers': (item) => item.name ?? 'user-container',
  'spec.template.spec.containers.env': (item) => item.name,
  'spec.template.spec.containers.volumeMounts': (item) => item.mountPath,
  'spec.template.spec.volumes': (item) => item.name,
};

const mergeLists = (
  before: Fields[],
  wanted: Fields[],
  now: Fields[],
  path: string,
  key: (item: Fields) => Json,
): Fields[] => {
  const find = (list: Fields[], name: Json) => list.find((item) => key(item) === name);
  const names = [...new Set([...wanted, ...now].map(key))];
  return names.flatMap((name) => {
    const merged = mergeOne(find(before, name), find(wanted, name), find(now, name), path);
    return merged === undefined ? [] : [merged as Fields];
  });
};

const isFields = (value: Json): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isList = (value: Json): value is Fields[] => Array.isArray(value) && value.every(isFields);
