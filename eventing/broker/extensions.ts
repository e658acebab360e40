/** The attributes that CloudEvents 1.0 itself defines, and `data`: no extension has their names. */
const defined = new Set([
  'specversion',
  'id',
  'source',
  'type',
  'subject',
  'time',
  'datacontenttype',
  'dataschema',
  'data',
]);

/** Overrides as extensions: in lower case, as all attributes are, and none in place of a defined attribute. */
export const asExtensions = (overrides: Record<string, string> = {}): Record<string, string> =>
  Object.fromEntries(
    Object.entries(overrides)
      .map(([name, value]) => [name.toLowerCase(), value] as const)
      .filter(([name]) => !defined.has(name)),
  );
