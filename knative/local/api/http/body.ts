import { parseDocument } from 'yaml';
import { badRequest, StatusError } from '../../store/status-error.ts';
import { isObject, type Json, type JsonObject } from '../patch/json.ts';
import { decodeProtobuf } from '../protobuf/decode.ts';
import type { ApiRequest } from './exchange.ts';

/** A request's body by its Content-Type, JSON where there is none; undefined where it is empty. */
export const readBody = async (request: ApiRequest): Promise<Json | undefined> => {
  const media = mediaType(request);
  const body = await request.body();
  if (body.length === 0) return undefined;
  if (media === 'application/vnd.kubernetes.protobuf') return parseProtobuf(body);
  const text = decode(body);
  switch (media) {
    case 'application/json':
      return parseJson(text);
    case 'application/yaml':
      return parseYaml(text);
    default:
      throw unsupported(['application/json', 'application/yaml']);
  }
};

export const readObject = async (request: ApiRequest): Promise<JsonObject> =>
  objectOnly(await readBody(request));

export const objectOnly = (value: Json | undefined): JsonObject => {
  if (!isObject(value)) throw badRequest('the body of the request is no object');
  return value;
};

export const mediaType = (request: ApiRequest): string =>
  (request.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase() || 'application/json';

export const parseJson = (text: string): Json => {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw badRequest(`the body of the request is not JSON: ${(error as Error).message}`);
  }
};

/** YAML 1.2's JSON values; aliases may not blow a small body up. */
export const parseYaml = (text: string): Json => {
  try {
    const document = parseDocument(text, { uniqueKeys: true });
    if (document.errors[0]) throw document.errors[0];
    return JSON.parse(JSON.stringify(document.toJS({ maxAliasCount: 100 }) ?? null)) as Json;
  } catch (error) {
    throw badRequest(`the body of the request is not YAML: ${(error as Error).message}`);
  }
};

/** Go's clients write Kubernetes' own kinds like that. */
const parseProtobuf = (body: Buffer): Json => {
  try {
    return decodeProtobuf(body);
  } catch (error) {
    throw badRequest(`the body of the request is not readable: ${(error as Error).message}`);
  }
};

export const decode = (body: Buffer): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw badRequest('the body of the request is not UTF-8');
  }
};

export const unsupported = (media: readonly string[]) =>
  new StatusError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${media.join(', ')}`,
  );
