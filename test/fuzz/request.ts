import * as fc from 'fast-check';
import { type Memory, Seen } from './seen.ts';
import type { Target } from './targets.ts';
import { valuesOf } from './values.ts';

/** Whose bearer goes with a request. */
export type Who = 'owner' | 'stranger' | 'operator' | 'nobody' | 'expired' | 'forged' | 'garbage';

/** A request in the making: parts that a mutation can change, values that are still to be looked up. */
export interface Draft {
  /** `valid`, or the mutation. */
  how: string;
  who: Who;
  method: string;
  /** Segments or the whole, not encoded yet where it is of params. */
  path: string;
  params: Record<string, unknown>;
  /** Already encoded where it is text. */
  query: (readonly [string, unknown])[];
  headers: (readonly [string, unknown])[];
  /** JSON, or bytes as they are. */
  body?: { json: unknown } | { bytes: Uint8Array };
  /** Changes the JSON's text. */
  edit?: (text: string) => string;
  /** With the signature of the body as it goes out. */
  signed?: boolean;
  chunked?: true;
}

/** What goes over the wire. */
export interface Sent {
  how: string;
  who: Who;
  method: string;
  /** Below the door's address, encoded. */
  path: string;
  headers: [string, string][];
  json?: unknown;
  bytes?: Uint8Array;
  chunked: boolean;
  /** What of the memory is in it. */
  met: string[];
}

export const validDrafts = (target: Target): fc.Arbitrary<Draft> => {
  const inPlace = (place: string) =>
    fc.record(
      Object.fromEntries(
        target.parameters
          .filter((parameter) => parameter.in === place)
          .map(({ name, schema }) => [name, valuesOf(schema, target.fn, name)]),
      ),
      {
        requiredKeys: target.parameters
          .filter((parameter) => parameter.in === place && parameter.required)
          .map(({ name }) => name),
      },
    );
  const json = target.body && valuesOf(target.body.schema, target.fn).map((value) => ({ json: value }));
  const body = json && (target.body?.required ? json : fc.option(json, { nil: undefined, freq: 4 }));
  return fc
    .record({
      who: whoMay(target),
      params: inPlace('path'),
      query: inPlace('query'),
      headers: inPlace('header'),
      body: body ?? fc.constant(undefined),
      signed: isSigned(target) ? fc.boolean() : fc.constant(false),
    })
    .map(({ query, headers, body: content, ...rest }) => ({
      ...rest,
      how: 'valid',
      method: target.method,
      path: target.path,
      query: Object.entries(query),
      headers: [
        ...Object.entries(headers),
        ...(content ? ([['content-type', 'application/json']] as const) : []),
      ],
      ...(content && { body: content }),
    }));
};

/** Any body at all would be refused for its signature alone. */
const isSigned = ({ parameters }: Target) => parameters.some(({ name }) => name === 'webhook-signature');

export const rightWho = ({ access }: Target): Who =>
  access === 'operator' ? 'operator' : access === 'customer' ? 'owner' : 'nobody';

const whoMay = (target: Target): fc.Arbitrary<Who> =>
  fc.oneof(
    { weight: 8, arbitrary: fc.constant(rightWho(target)) },
    {
      weight: 2,
      arbitrary: fc.constantFrom<Who>(
        'nobody',
        'owner',
        'stranger',
        'operator',
        'expired',
        'forged',
        'garbage',
      ),
    },
  );

export type Tokens = Record<Who, string | undefined>;
export type Sign = (body: string) => Record<string, string>;

/** Looks the seen values up and writes the request out. */
export const writeOut = (
  draft: Draft,
  memory: Memory,
  { tokens, sign }: { tokens: Tokens; sign: Sign },
): Sent => {
  const met = new Set<string>();
  const resolve = (value: unknown) => memory.resolve(value, (key) => met.add(key));
  const path = draft.path.replaceAll(/\{(\w+)\}/g, (_, name) =>
    draft.params[name] instanceof Uint8Array
      ? Buffer.from(draft.params[name]).toString('latin1')
      : encodeURIComponent(String(resolve(draft.params[name])).toWellFormed()),
  );
  const query = draft.query
    .map(([name, value]) => [name, encoded(resolve(value))].filter((part) => part !== undefined).join('='))
    .join('&');
  const token = tokens[draft.who];
  const { body, edit = (text: string) => text } = draft;
  const json = body && 'json' in body ? resolve(body.json) : undefined;
  const bytes = body && ('bytes' in body ? body.bytes : Buffer.from(edit(JSON.stringify(json) ?? '')));
  const signature = draft.signed && bytes ? sign(Buffer.from(bytes).toString()) : {};
  const headers: [string, string][] = [
    ...(token === undefined ? [] : [['authorization', `Bearer ${token}`] as [string, string]]),
    ...Object.entries(signature),
    ...draft.headers
      .filter(([name]) => !(name in signature))
      .map(([name, value]): [string, string] => [name, headerText(resolve(value))]),
  ];
  return {
    how: draft.how,
    who: draft.who,
    method: draft.method,
    path: query === '' ? path : `${path}?${query}`,
    headers,
    ...(json !== undefined && { json }),
    ...(bytes && { bytes }),
    chunked: draft.chunked ?? false,
    met: [...met],
  };
};

/** A query's value as a form has it; bytes are written as they are. */
const encoded = (value: unknown): string | undefined => {
  if (value === undefined) return undefined;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  return encodeURIComponent(String(value).toWellFormed());
};

/** What a header can carry at all; the rest is for raw requests. */
const headerText = (value: unknown): string =>
  Buffer.from(String(value))
    .toString('latin1')
    .replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '?');

/** Written as it stands. */
export const verbatim = (text: string): Uint8Array => Buffer.from(text, 'latin1');

export { Seen };
