import type { KubeObject, NewObject } from '../store/types.ts';

const annotation = 'kubectl.kubernetes.io/last-applied-configuration';

/** What the YAML said when it was last applied, by this runtime or by kubectl; undefined where it never was. */
export const lastApplied = (object: KubeObject): NewObject | undefined => {
  const text = object.metadata.annotations?.[annotation];
  try {
    const value: unknown = text === undefined ? undefined : JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as NewObject) : undefined;
  } catch {
    return undefined;
  }
};

/** The object with a note of what the YAML says, as kubectl writes it. */
export const withLastApplied = (object: NewObject, yaml: NewObject): NewObject => {
  const note = `${JSON.stringify(statedBy(yaml))}\n`;
  const annotations = { ...object.metadata.annotations, [annotation]: note };
  return { ...object, metadata: { ...object.metadata, annotations } };
};

/** What the note says: the YAML, without the note. */
export const statedBy = (yaml: NewObject): unknown => {
  const { [annotation]: _, ...annotations } = yaml.metadata.annotations ?? {};
  return sorted({ ...yaml, metadata: { ...yaml.metadata, annotations } });
};

/** Go writes the keys of a map in order. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
};
