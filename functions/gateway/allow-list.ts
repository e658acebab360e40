import type { OpenApiDocument } from '../kit/openapi.ts';
import type { Access } from '../kit/operation.ts';
import { exposed } from './exposed.ts';

type OutsideAccess = Exclude<Access, 'internal'>;

/** A request that may pass: to which function, as which path, for whom. */
export interface Passage {
  fn: string;
  /** Made anew from the matched operation, never the text that came. */
  path: string;
  /** The operation's pattern, for metrics. */
  route: string;
  access: OutsideAccess;
  limit?: 'sign-in';
}

export type Match = Passage | { allow: string[] } | undefined;

interface Route {
  segments: Segment[];
  pattern: string;
  methods: Map<string, Pick<Passage, 'access' | 'limit'>>;
}

/** A written-out segment, or the test of a parameter's value. */
type Segment = string | ((value: string) => boolean);

const accesses: readonly unknown[] = ['public', 'customer', 'operator'] satisfies OutsideAccess[];

/**
 * Everything that outside may call: the operations in the functions' OpenAPI documents, and nothing else. Answers a
 * passage, the methods of a path that has others, or undefined.
 */
export const createAllowList = (documents: Record<string, OpenApiDocument>) => {
  const routes = new Map(Object.entries(documents).map(([fn, document]) => [fn, routesOf(document)]));

  return (method: string, path: string): Match => {
    const [empty, first = '', ...rest] = path.split('/');
    if (empty !== '' || !Object.hasOwn(exposed, first)) return undefined;
    const fn = exposed[first] as string;
    const segments = rest.length === 0 ? [''] : rest;
    const matching = routes.get(fn)?.filter((route) => matches(route, segments)) ?? [];
    const asked = method === 'HEAD' ? 'GET' : method;
    for (const { methods, pattern } of matching) {
      const allowed = methods.get(asked);
      if (allowed) return { fn, path: `/${segments.join('/')}`, route: `/${fn}${pattern}`, ...allowed };
    }
    const allow = [...new Set(matching.flatMap(({ methods }) => [...methods.keys()]))];
    if (allow.length === 0) return undefined;
    return { allow: allow.includes('GET') ? [...allow, 'HEAD'] : allow };
  };
};

const routesOf = (document: OpenApiDocument): Route[] =>
  Object.entries(document.paths)
    .map(([pattern, operations]) => ({
      pattern,
      segments: segmentsOf(pattern, operations),
      methods: new Map(
        Object.entries(operations).flatMap(([method, operation]) => {
          const { 'x-kagari-access': access, 'x-kagari-limit': limit } = operation;
          if (!accesses.includes(access)) return [];
          const allowed = { access: access as OutsideAccess, ...(limit === 'sign-in' && { limit }) };
          return [[method.toUpperCase(), allowed as Pick<Passage, 'access' | 'limit'>]];
        }),
      ),
    }))
    // Written-out segments before parameters: `/catalog` is no `/{id}`.
    .sort((a, b) => parameters(a) - parameters(b));

const segmentsOf = (pattern: string, operations: OpenApiDocument['paths'][string]): Segment[] => {
  const declared = Object.values(operations).flatMap(({ parameters }) => parameters as Parameter[]);
  return pattern
    .slice(1)
    .split('/')
    .map((segment) => {
      const name = /^\{(\w+)\}$/.exec(segment)?.[1];
      if (name === undefined) return segment;
      const uuid = declared.some((other) => other.name === name && other.schema.format === 'uuid');
      return uuid ? (value) => uuidPattern.test(value) : isOneSegment;
    });
};

interface Parameter {
  name: string;
  schema: { format?: string };
}

const parameters = ({ segments }: Route) => segments.filter((segment) => typeof segment !== 'string').length;

const matches = ({ segments }: Route, given: string[]): boolean =>
  segments.length === given.length &&
  segments.every((segment, i) =>
    typeof segment === 'string' ? segment === given[i] : segment(given[i] ?? ''),
  );

const uuidPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** RFC 3986 §3.3: what a URL parser leaves as it is. */
const segmentPattern = /^[\w.~!$&'()*+,;=:@%-]+$/;

/**
 * A parameter stays one segment wherever it is decoded: no slash, no dot segment. And it is none of the names that
 * functions keep for their insides, which a pattern like `/{name}` would let in.
 */
export const isOneSegment = (text: string): boolean => {
  if (!segmentPattern.test(text)) return false;
  try {
    const decoded = decodeURIComponent(text);
    return !/^\.{1,2}$|[/\\\0]|^_|^(?:metrics|openapi\.json)$/i.test(decoded);
  } catch {
    return false;
  }
};
