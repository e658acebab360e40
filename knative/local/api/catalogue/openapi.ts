import { createHash } from 'node:crypto';
import { apiVersionOf } from '../../store/kinds.ts';
import { type GroupVersion, groupVersions, type Resource } from './resources.ts';
import { type JsonSchema, schemaOf } from './schemas.ts';

export interface OpenApi {
  /** GET /openapi/v3: where each group's version has its document; the hash changes with it. */
  index(): object;
  /** The document of a group's version, `apis/serving.knative.dev/v1`, and its hash; undefined: no such version. */
  document(path: string): { text: string; hash: string } | undefined;
}

/** OpenAPI v3 documents, made when they are first asked for. */
export const createOpenApi = (): OpenApi => {
  const made = new Map<string, { text: string; hash: string }>();
  const document = (path: string) => {
    const found = groupVersions.find((one) => pathOf(one) === path);
    if (!found) return undefined;
    const before = made.get(path);
    if (before) return before;
    const text = JSON.stringify(documentOf(found));
    const hash = createHash('sha256').update(text).digest('hex').toUpperCase();
    const now = { text, hash };
    made.set(path, now);
    return now;
  };
  return {
    document,
    index: () => ({
      paths: Object.fromEntries(
        groupVersions
          .map(pathOf)
          .map((path) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${document(path)?.hash}` }]),
      ),
    }),
  };
};

const pathOf = ({ group, apiVersion }: GroupVersion) => (group ? `apis/${apiVersion}` : `api/${apiVersion}`);

const documentOf = (served: GroupVersion) => ({
  openapi: '3.0.0',
  info: { title: 'Kagari', version: 'v1.35.0' },
  paths: Object.fromEntries(served.resources.flatMap((resource) => pathsOf(`/${pathOf(served)}`, resource))),
  components: {
    schemas: Object.fromEntries(
      served.resources.map((resource) => [schemaName(resource), describedSchema(resource)]),
    ),
  },
});

const pathsOf = (root: string, resource: Resource): [string, object][] => {
  const base = `${root}${resource.namespaced ? '/namespaces/{namespace}' : ''}/${resource.plural}`;
  const operation = (action: string, parameters: object[] = []) => ({
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': kindOf(resource),
    parameters,
    responses: { 200: { description: 'OK', content: json(resource) } },
  });
  const can = (verb: Resource['verbs'][number]) => resource.verbs.includes(verb);
  const collection = {
    ...(can('list') && { get: operation('list') }),
    ...(can('create') && {
      post: { ...operation('post', writing), requestBody: { content: json(resource) } },
    }),
    ...(can('deletecollection') && { delete: operation('deletecollection') }),
  };
  const one = {
    ...(can('get') && { get: operation('get') }),
    ...(can('update') && { put: { ...operation('put', writing), requestBody: { content: json(resource) } } }),
    ...(can('patch') && {
      patch: { ...operation('patch', writing), requestBody: { content: json(resource) } },
    }),
    ...(can('delete') && { delete: operation('delete') }),
  };
  return [
    [base, collection],
    [`${base}/{name}`, one],
  ];
};

/** kubectl leaves the check of fields to a server whose patch takes fieldValidation. */
const writing = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => ({
  name,
  in: 'query',
  schema: { type: 'string' },
}));

const json = (resource: Resource) => ({
  'application/json': { schema: { $ref: `#/components/schemas/${schemaName(resource)}` } },
});

const kindOf = ({ group, version, name: kind }: Resource) => ({ group, version, kind });

/** `dev.knative.serving.v1.Service` */
const schemaName = (resource: Resource) => {
  const group = resource.group ? resource.group.split('.').reverse().join('.') : 'io.k8s.api.core';
  return `${group}.${resource.version}.${resource.name}`;
};

const describedSchema = (resource: Resource): JsonSchema => ({
  description: `${resource.name} of ${apiVersionOf(resource)}`,
  ...(schemaOf(resource.kind) ?? { type: 'object' }),
  'x-kubernetes-group-version-kind': [kindOf(resource)],
});
