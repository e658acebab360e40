import type * as z from 'zod';
import { type Flaw, misshapen, type Path } from './flaw.ts';
import { similar } from './similar.ts';

type Issue = z.core.$ZodIssue;
type Schema = z.core.$ZodType;

/** What of an object does not fit its kind's schema: unknown fields, missing ones, wrong types. */
export const checkShape = (
  schema: Schema & { safeParse: z.ZodType['safeParse'] },
  object: unknown,
): Flaw[] => {
  const result = schema.safeParse(object);
  return result.success ? [] : result.error.issues.flatMap((issue) => flawsOf(schema, object, issue));
};

/** What has more levels than anybody writes by hand is refused before anything walks it down by its own calls. */
const mostLevels = 200;

export const checkDepth = (object: unknown): Flaw[] => {
  let level: unknown[] = [object];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > mostLevels) return [misshapen(`nested more than ${mostLevels} levels deep`, ['spec'])];
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? Object.values(value) : [],
    );
  }
  return [];
};

/** Without what is null: Go's clients send `creationTimestamp: null`, and for the API server null is absent. */
export const withoutNulls = <T>(value: T): T => {
  if (Array.isArray(value)) return value.map(withoutNulls) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== null && item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutNulls(item)])) as T;
};

const flawsOf = (schema: Schema, object: unknown, issue: Issue): Flaw[] => {
  const path = issue.path as Path;
  if (issue.code === 'unrecognized_keys') {
    const known = fieldsAt(schema, path);
    return issue.keys.map((key) => unknownField([...path, key], similar(key, known)));
  }
  const value = valueAt(object, path);
  if (issue.code === 'invalid_type') {
    return [
      value === undefined ? misshapen('Required value', path) : wrongType([issue.expected], value, path),
    ];
  }
  if (issue.code === 'invalid_union') {
    const types = issue.errors
      .flat()
      .flatMap((inner) => (inner.code === 'invalid_type' ? [inner.expected] : []));
    return [wrongType(types, value, path)];
  }
  if (issue.code === 'invalid_value') return [unsupported(issue.values.map(String), value, path)];
  return [misshapen(`Invalid value: ${JSON.stringify(value)}: ${issue.message}`, path)];
};

const unknownField = (path: Path, meant: string | undefined): Flaw => ({
  kind: 'unknown',
  paths: [path],
  message: 'unknown field',
  ...(meant && { details: `did you mean ${JSON.stringify(meant)}?` }),
});

const wrongType = (expected: string[], value: unknown, path: Path): Flaw => {
  const wanted = [...new Set(expected.map((type) => names[type] ?? type))].join(' or ');
  const scalar = typeof value === 'number' || typeof value === 'boolean';
  const hint = wanted === 'string' && scalar ? ': put it in quotes' : '';
  const shown = typeof value === 'object' ? typeOf(value) : `${JSON.stringify(value)} (${typeOf(value)})`;
  return misshapen(`Invalid value: expected ${wanted}, got ${shown}${hint}`, path);
};

const unsupported = (values: string[], value: unknown, path: Path): Flaw => {
  const meant = similar(String(value), values);
  const list = values.map((one) => JSON.stringify(one)).join(', ');
  const hint = meant ? `; did you mean ${JSON.stringify(meant)}?` : '';
  return misshapen(`Unsupported value: ${JSON.stringify(value)}: supported values: ${list}${hint}`, path);
};

const names: Record<string, string> = { int: 'integer', number: 'integer', record: 'object', array: 'list' };

const typeOf = (value: unknown) => (Array.isArray(value) ? 'list' : value === null ? 'null' : typeof value);

const valueAt = (object: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (value, part) => (value as Record<string | number, unknown> | undefined)?.[part],
    object,
  );

/** The field names that a schema knows at a path. */
const fieldsAt = (schema: Schema, path: Path): string[] => {
  const definition = (schema as z.core.$ZodTypes)._zod.def;
  switch (definition.type) {
    case 'optional':
    case 'nullable':
    case 'default':
      return fieldsAt(definition.innerType, path);
    case 'lazy':
      return fieldsAt(definition.getter(), path);
    case 'union':
      return definition.options.flatMap((option) => fieldsAt(option, path));
    case 'array':
      return fieldsAt(definition.element, path.slice(1));
    case 'record':
      return fieldsAt(definition.valueType, path.slice(1));
    case 'object': {
      const [key, ...rest] = path;
      if (key === undefined) return Object.keys(definition.shape);
      const inner = definition.shape[key];
      return inner ? fieldsAt(inner, rest) : [];
    }
    default:
      return [];
  }
};
