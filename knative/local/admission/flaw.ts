/** The way to a field: `['spec', 'traffic', 0, 'tag']`; `[]` is the object itself. */
export type Path = readonly (string | number)[];

/** One thing that is wrong with an object. */
export interface Flaw {
  /** unknown: no such field; shape: the API server's own check of types and names; rule: what the kind's webhook checks. */
  kind: 'unknown' | 'shape' | 'rule';
  /** The fields it is about. */
  paths: Path[];
  message: string;
  details?: string;
}

/** `spec.traffic[0].tag` */
export const renderPath = (path: Path): string =>
  path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text ? `${text}.${part}` : part),
    '',
  );

/** The same flaws of a field, seen from the object that holds it. */
export const via = (prefix: Path, flaws: readonly Flaw[]): Flaw[] =>
  flaws.map((flaw) => ({ ...flaw, paths: flaw.paths.map((path) => [...prefix, ...path]) }));

const rule = (message: string, paths: Path[], details?: string): Flaw => ({
  kind: 'rule',
  message,
  paths,
  ...(details !== undefined && { details }),
});

// knative.dev/pkg/apis FieldError, by its constructors' names
export const flawed = (message: string, ...paths: Path[]): Flaw => rule(message, paths);
export const detailed = (message: string, path: Path, details: string): Flaw =>
  rule(message, [path], details);
export const missing = (...paths: Path[]): Flaw => rule('missing field(s)', paths);
export const disallowed = (...paths: Path[]): Flaw => rule('must not set the field(s)', paths);
export const invalidValue = (value: unknown, path: Path, details?: string): Flaw =>
  rule(`invalid value: ${value}`, [path], details);
export const invalidKey = (key: string, path: Path, details: string): Flaw =>
  rule(`invalid key name ${JSON.stringify(key)}`, [path], details);
export const outOfBounds = (value: unknown, lower: unknown, upper: unknown, path: Path): Flaw =>
  rule(`expected ${lower} <= ${value} <= ${upper}`, [path]);
export const noneOf = (...paths: Path[]): Flaw => rule('expected exactly one, got neither', paths);
export const severalOf = (...paths: Path[]): Flaw => rule('expected exactly one, got both', paths);

/** A fault that the API server finds itself, in its words. */
export const misshapen = (message: string, path: Path): Flaw => ({ kind: 'shape', message, paths: [path] });

/** As Knative prints them: one line a message, its paths merged and sorted, details below. */
export const knativeText = (flaws: readonly Flaw[]): string => {
  const merged = new Map<string, { flaw: Flaw; paths: Set<string> }>();
  for (const flaw of flaws) {
    const key = `${flaw.message}\n${flaw.details ?? ''}`;
    const entry = merged.get(key) ?? { flaw, paths: new Set() };
    for (const path of flaw.paths) entry.paths.add(renderPath(path));
    merged.set(key, entry);
  }
  return [...merged]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { flaw, paths }]) => {
      const line = `${flaw.message}: ${[...paths].sort().join(', ')}`;
      return flaw.details ? `${line}\n${flaw.details}` : line;
    })
    .join('\n');
};
