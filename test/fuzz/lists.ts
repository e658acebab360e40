import type { JsonSchema } from './targets.ts';

type Keywords = {
  type?: string;
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  additionalProperties?: JsonSchema;
};

/** The lists and maps that answers may have, by place: what is always empty was never held against its schema. */
export const createLists = () => {
  const filled = new Map<string, boolean>();

  const note = (at: string, schema: JsonSchema | undefined, value: unknown): void => {
    if (typeof schema !== 'object') return;
    const { type, properties, items, additionalProperties } = schema as Keywords;
    const parts = Object.entries(value ?? {});
    if (properties)
      for (const [name, part] of Object.entries(properties))
        note(`${at}.${name}`, part, (value as Record<string, unknown> | undefined)?.[name]);
    else if (type === 'array' || additionalProperties) {
      filled.set(at, filled.get(at) || parts.length > 0);
      // Without any, once more: for what lies within.
      for (const part of parts.length > 0 ? parts.map(([, inner]) => inner) : [undefined])
        note(`${at}[]`, items ?? additionalProperties, part);
    }
  };

  return {
    note,
    empty: (): string[] => [...filled].filter(([, some]) => !some).map(([at]) => at),
  };
};
