import { StatusError } from '../store/status-error.ts';
import { coreVersions, groupList, groupOf, resourceList, versionInfo } from './catalogue/discovery.ts';
import { insteadOf } from './catalogue/instead.ts';
import { createOpenApi } from './catalogue/openapi.ts';
import { type ApiRequest, type ApiResponse, jsonResponse, textResponse } from './http/exchange.ts';
import { parseTarget } from './http/request-info.ts';
import { createResourceServer, type ResourceParts } from './serve-resource.ts';

export interface ServeParts extends ResourceParts {
  metrics?: ServeMetrics;
}

/** Prometheus' text of these Triggers, else of these revisions (`NAMESPACE/NAME`) or of all. */
export type ServeMetrics = (asked: {
  revisions: readonly string[];
  triggers: readonly string[];
}) => Promise<string>;

export type Serve = (request: ApiRequest) => Promise<ApiResponse>;

/** Answers a request whose Host and Origin have been checked; throws StatusError. */
export const createServe = (parts: ServeParts): Serve => {
  const openApi = createOpenApi();
  const serveResource = createResourceServer(parts);

  const other = async ({ method, path, query, header }: ApiRequest): Promise<ApiResponse> => {
    if (method !== 'GET' && method !== 'HEAD')
      throw new StatusError('MethodNotAllowed', `${method} is not supported on ${path}`);
    if (path === '/metrics' && parts.metrics) {
      const asked = { revisions: query.getAll('revision'), triggers: query.getAll('trigger') };
      return textResponse(200, await parts.metrics(asked));
    }
    const [root = '', ...rest] = path.split('/').filter((segment) => segment !== '');
    const tail = rest.join('/');
    const found =
      root === 'openapi' && rest[0] === 'v3' ? openApiOf(rest.slice(1).join('/')) : discovered(root, tail);
    if (!found) throw nothingAt(root, rest);
    return found;

    function openApiOf(name: string): ApiResponse | undefined {
      if (name === '') return jsonResponse(200, openApi.index());
      const document = openApi.document(name);
      if (!document) return undefined;
      const etag = `"${document.hash}"`;
      const lasting =
        query.get('hash') === document.hash ? 'public, immutable, max-age=31536000' : 'no-cache';
      const headers = { 'content-type': 'application/json', etag, 'cache-control': lasting };
      if (header('if-none-match') === etag) return { status: 304, headers, body: '' };
      return { status: 200, headers, body: document.text };
    }
  };

  return async (request) => {
    const open = unguarded(request);
    if (open) return open;
    if (!request.user) throw new StatusError('Unauthorized', 'Unauthorized');
    if (request.header('impersonate-user') !== undefined)
      throw new StatusError('Forbidden', 'forbidden: nobody can act as another user here: use their token');
    const target = parseTarget(request.path);
    return target.type === 'resource' ? serveResource(request, request.user, target) : other(request);
  };
};

/** What anybody on this machine may know. */
const unguarded = ({ method, path }: ApiRequest): ApiResponse | undefined => {
  if (method !== 'GET') return undefined;
  if (/^\/(healthz|livez|readyz)(\/ping)?$/.test(path)) return textResponse(200, 'ok');
  return path === '/version' || path === '/version/' ? jsonResponse(200, versionInfo) : undefined;
};

const discovered = (root: string, tail: string): ApiResponse | undefined => {
  const found = () => {
    if (root === 'api') return tail === '' ? coreVersions : resourceList(tail);
    if (root === 'apis')
      return tail === '' ? groupList() : tail.includes('/') ? resourceList(tail) : groupOf(tail);
    return undefined;
  };
  const body = found();
  return body && jsonResponse(200, body);
};

const nothingAt = (root: string, [group = '']: string[]) => {
  const advice = root === 'apis' ? insteadOf(group, { resource: '' }) : '';
  const message = 'the server could not find the requested resource';
  return new StatusError('NotFound', advice ? `${message} (${group}): ${advice}` : message);
};
