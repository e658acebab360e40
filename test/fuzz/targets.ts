import type { OpenApiDocument } from '../../functions/kit/openapi.ts';
import { openApiDocument } from '../../functions/kit/openapi.ts';
import type { Operation, Operations } from '../../functions/kit/operation.ts';
import { type Door, findFunctions } from '../routes/world.ts';

export type JsonSchema = Record<string, unknown> | boolean;
export type Access = 'public' | 'customer' | 'operator';

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  schema: JsonSchema;
}

/** One operation at one door, as its OpenAPI document describes it and nothing else. */
export interface Target {
  /** `orders.placeOrder at the gateway`. */
  name: string;
  /** `orders.placeOrder`. */
  operation: string;
  door: Door;
  /** The document that describes it: a function's name, or `gateway`. */
  document: string;
  /** Whose ids an `id` is. */
  fn: string;
  method: string;
  path: string;
  access: Access;
  parameters: Parameter[];
  body?: { required: boolean; schema: JsonSchema };
}

interface Described {
  operationId: string;
  tags?: string[];
  'x-kagari-access'?: Access;
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Record<string, { schema: JsonSchema }> };
}

/** Every function's document. Internal operations are in none that is published: here they stand as public ones. */
export const functionDocuments = async (): Promise<Record<string, OpenApiDocument>> =>
  Object.fromEntries(
    (await findFunctions())
      .filter(({ startTestApp }) => startTestApp)
      .map(({ fn, operations }) => [fn, openApiDocument(fn, 'fuzz', opened(operations))]),
  );

const opened = (operations: Operations): Operations =>
  Object.fromEntries(
    Object.entries<Operation>(operations).map(([name, operation]) => [
      name,
      operation.access === 'internal' ? { ...operation, access: 'public' } : operation,
    ]),
  );

export const targetsOf = (door: Door, documents: Record<string, OpenApiDocument>): Target[] =>
  Object.entries(documents).flatMap(([document, { paths }]) =>
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, described]): Target => {
        const {
          operationId,
          tags,
          parameters = [],
          requestBody,
          ...rest
        } = described as unknown as Described;
        const schema = requestBody?.content['application/json']?.schema;
        return {
          name: `${operationId} at the ${door}`,
          operation: operationId,
          door,
          document,
          fn: tags?.[0] ?? document,
          method: method.toUpperCase(),
          path,
          access: rest['x-kagari-access'] ?? 'public',
          parameters,
          ...(schema !== undefined && { body: { required: requestBody?.required ?? false, schema } }),
        };
      }),
    ),
  );

/** How much of the cases it gets: what takes no input has little to find. */
export const weightOf = ({ parameters, body }: Target): number => (body ? 4 : parameters.length > 0 ? 3 : 1);
