import * as z from 'zod';
import { commonOperations } from './common-operations.ts';
import type { Operation, Operations, Reply } from './operation.ts';

type Json = Record<string, unknown>;
export interface OpenApiDocument {
  openapi: '3.1.1';
  info: { title: string; version: string };
  paths: Record<string, Record<string, Json>>;
  components: Json;
}

const refusals: Record<number, string> = {
  400: 'Not parseable',
  401: 'No valid bearer token',
  403: 'The role does not suffice',
  404: 'Nothing here, not yours, or no such id',
  405: 'Another method than this path has',
  413: 'A body above 1 MiB',
  415: 'A body that is not application/json in UTF-8',
  422: 'Against the schema; errors says where',
  429: 'Too many requests',
  431: 'Header fields too large',
  503: 'A part that this needs is down',
  504: 'No answer in time',
};

/** The headers of a status, by name. */
const refusalHeaders: Record<number, Record<string, string>> = {
  401: { 'WWW-Authenticate': 'How to sign in (RFC 6750)' },
  405: { Allow: 'The methods of this path' },
  429: {
    'Retry-After': 'Seconds to wait',
    'RateLimit-Policy': 'From the gateway: the limit, `q` requests in `w` seconds',
    RateLimit: 'From the gateway: what is left of it, `r`, and the seconds `t` until there is more',
  },
  503: { 'Retry-After': 'Seconds to wait' },
};

const problem = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code'],
  additionalProperties: false,
  properties: {
    type: { type: 'string', format: 'uri-reference' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'detail'],
        additionalProperties: false,
        properties: { pointer: { type: 'string' }, detail: { type: 'string' } },
      },
    },
  },
};

/** The OpenAPI 3.1 document of a function: its operations and the common ones, without the internal. Build time only. */
export const openApiDocument = (name: string, version: string, operations: Operations): OpenApiDocument => {
  const paths: OpenApiDocument['paths'] = {};
  for (const [key, declared] of Object.entries<Operation>({ ...commonOperations, ...operations })) {
    if (declared.access === 'internal') continue;
    const path = declared.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [declared.method]: describe(`${name}.${key}`, name, declared) };
  }
  return {
    openapi: '3.1.1',
    info: { title: name, version },
    paths,
    components: {
      schemas: { Problem: problem },
      responses: Object.fromEntries(Object.keys(refusals).map((status) => [status, refusal(Number(status))])),
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  };
};

const describe = (operationId: string, tag: string, declared: Operation): Json => ({
  operationId,
  tags: [tag],
  summary: declared.summary,
  ...(declared.description && { description: declared.description }),
  'x-kagari-access': declared.access,
  ...(declared.limit && { 'x-kagari-limit': declared.limit }),
  security: declared.access === 'public' ? [] : [{ bearer: [] }],
  parameters: [
    ...parameters('path', declared.params),
    ...parameters('query', declared.query),
    ...parameters('header', declared.headers),
  ],
  ...(declared.body && { requestBody: requestBody(declared.body) }),
  responses: {
    ...Object.fromEntries(
      Object.keys(refusals).map((status) => [status, { $ref: `#/components/responses/${status}` }]),
    ),
    ...Object.fromEntries(
      Object.entries(declared.responses).map(([status, reply]) => [status, response(Number(status), reply)]),
    ),
  },
});

const requestBody = (schema: z.ZodType): Json => ({
  required: !schema.safeParse(undefined).success,
  content: { 'application/json': { schema: jsonSchema(schema, 'input') } },
});

const refusal = (status: number, description = refusals[status] ?? 'Refused'): Json => {
  const named = refusalHeaders[status];
  return {
    description,
    ...(named && { headers: headers(named) }),
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
};

const response = (status: number, reply: Reply): Json => {
  if (status >= 400 && !reply.schema) return refusal(status, reply.description);
  const type = reply.contentType ?? (reply.schema && 'application/json');
  return {
    description: reply.description,
    ...(reply.headers && { headers: headers(reply.headers) }),
    ...(type && { content: { [type]: { schema: reply.schema ? jsonSchema(reply.schema, 'output') : {} } } }),
  };
};

const headers = (named: Record<string, string>): Json =>
  Object.fromEntries(
    Object.entries(named).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
  );

const parameters = (place: 'path' | 'query' | 'header', schema: z.ZodObject | undefined): Json[] =>
  Object.entries(schema?.shape ?? {}).map(([name, field]) => ({
    name,
    in: place,
    required: place === 'path' || !(field as z.ZodType).safeParse(undefined).success,
    schema: jsonSchema(field as z.ZodType, 'input'),
  }));

const jsonSchema = (schema: z.ZodType, io: 'input' | 'output'): Json => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
};
