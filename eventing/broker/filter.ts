import { cesqlFilter } from './cesql-filter.ts';
import { attributeName, type CloudEvent } from './event.ts';
import { type FilterSpec, SpecError, type TriggerSpec } from './types.ts';

/** Whether a trigger wants the event. One that throws, rejects or takes too long is a failed delivery. */
export type EventFilter = (event: CloudEvent) => boolean | Promise<boolean>;

export type CompileFilter = (spec: Pick<TriggerSpec, 'filter' | 'filters'>) => EventFilter;

/** The filter of a trigger: `filters`, all of which must match, else the attributes of `filter`. Throws SpecError. */
export const compileFilter: CompileFilter = ({ filter, filters }) => {
  if (filters && filters.length > 0) return all(compileAll('filters', filters));
  return attributes('filter.attributes', filter?.attributes ?? {}, (given, wanted) => given === wanted);
};

const dialects: {
  [Dialect in keyof Required<FilterSpec>]: (path: string, spec: Required<FilterSpec>[Dialect]) => EventFilter;
} = {
  exact: (path, spec) => attributes(path, spec, (given, wanted) => given === wanted),
  prefix: (path, spec) => attributes(path, spec, (given, wanted) => given.startsWith(wanted)),
  suffix: (path, spec) => attributes(path, spec, (given, wanted) => given.endsWith(wanted)),
  all: (path, spec) => all(compileAll(path, spec)),
  any: (path, spec) => any(compileAll(path, spec)),
  not(path, spec) {
    const inner = compile(path, spec);
    return (event) => then(inner(event), (matches) => !matches);
  },
  cesql: cesqlFilter,
};

/** A dialect that asks for nothing is as good as absent, as in Knative; a filter without any matches everything. */
const compile = (path: string, spec: FilterSpec): EventFilter => {
  const known = Object.keys(dialects).join(', ');
  if (typeof spec !== 'object' || spec === null) throw new SpecError(path, `one of ${known} is wanted`);
  const [filter, ...others] = Object.entries(spec).flatMap(([name, value]) => {
    if (!Object.hasOwn(dialects, name)) throw new SpecError(path, `"${name}" is none of ${known}`);
    const dialect = dialects[name as keyof FilterSpec] as (path: string, spec: unknown) => EventFilter;
    const compiled = dialect(`${path}.${name}`, value);
    return name === 'not' || Object.keys(value).length > 0 ? [compiled] : [];
  });
  if (others.length > 0) throw new SpecError(path, `a filter has only one of ${known}`);
  return filter ?? (() => true);
};

const compileAll = (path: string, specs: FilterSpec[]): EventFilter[] => {
  if (!Array.isArray(specs)) throw new SpecError(path, 'a list of filters is wanted');
  return specs.map((spec, i) => compile(`${path}[${i}]`, spec));
};

/** As in Knative, an attribute wanted as "" is not asked for at all. */
const attributes = (
  path: string,
  spec: Record<string, string>,
  match: (given: string, wanted: string) => boolean,
): EventFilter => {
  if (typeof spec !== 'object' || spec === null)
    throw new SpecError(path, 'attributes and their values are wanted');
  const wanted = Object.entries(spec).filter(([, value]) => value !== '');
  for (const [name, value] of wanted) {
    if (!attributeName.test(name)) throw new SpecError(`${path}.${name}`, 'no name of an attribute');
    if (typeof value !== 'string') throw new SpecError(`${path}.${name}`, 'a string is wanted');
  }
  return (event) =>
    wanted.every(([name, value]) => {
      const given = event.attributes.get(name);
      return given !== undefined && match(given, value);
    });
};

const all =
  (filters: EventFilter[]): EventFilter =>
  (event) =>
    first(filters, event, false);

const any =
  (filters: EventFilter[]): EventFilter =>
  (event) =>
    first(filters, event, true);

/** Asks one after the other; the first that answers `decisive` decides. */
const first = (
  filters: EventFilter[],
  event: CloudEvent,
  decisive: boolean,
  from = 0,
): boolean | Promise<boolean> => {
  for (let at = from; at < filters.length; at++) {
    const answer = filters[at]?.(event);
    if (answer === decisive) return decisive;
    if (typeof answer === 'object')
      return answer.then((matches) =>
        matches === decisive ? decisive : first(filters, event, decisive, at + 1),
      );
  }
  return !decisive;
};

/** Without waiting where there is nothing to wait for: most filters answer at once. */
const then = (
  result: boolean | Promise<boolean>,
  next: (matches: boolean) => boolean | Promise<boolean>,
): boolean | Promise<boolean> => (typeof result === 'boolean' ? next(result) : result.then(next));
