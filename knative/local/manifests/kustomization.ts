import * as z from 'zod';
import { checkShape, withoutNulls } from '../admission/shape.ts';
import { kindInfo } from '../store/kinds.ts';
import type { Kind, NewObject } from '../store/types.ts';
import { mistakesOf } from './manifest.ts';
import type { Mistake } from './manifest-error.ts';
import type { YamlDocument } from './yaml-documents.ts';

export const kustomizationNames = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

/** What the runtime reads of a kustomization. */
export interface Kustomization {
  resources: { path: string; line: number }[];
  namespace?: string;
  labels: Record<string, string>;
}

const schema = z.looseObject({
  apiVersion: z.literal('kustomize.config.k8s.io/v1beta1').optional(),
  kind: z.literal('Kustomization').optional(),
  metadata: z.looseObject({ name: z.string().optional() }).optional(),
  resources: z.array(z.string()).optional(),
  namespace: z.string().optional(),
  labels: z
    .array(
      z.strictObject({
        pairs: z.record(z.string(), z.string()),
        includeSelectors: z.literal(false).optional(),
        includeTemplates: z.literal(false).optional(),
      }),
    )
    .optional(),
});

export const isKustomization = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && (!('kind' in value) || value.kind === 'Kustomization');

/** Whatever it has besides resources, namespace and labels is a mistake: only kustomize itself can do that. */
export const readKustomization = (
  document: YamlDocument,
  folder: string,
): { kustomization?: Kustomization; mistakes: Mistake[] } => {
  const value = withoutNulls(document.value);
  const shape = checkShape(schema, value);
  const parsed = schema.safeParse(value).data;
  const foreign = Object.keys(value as object).filter((field) => !(field in schema.shape));
  const mistakes = [
    ...mistakesOf(document, shape),
    ...foreign.map((field) => ({
      file: document.file,
      line: document.line([field]),
      path: field,
      message: `not read by the runtime: render it with \`kubectl kustomize ${folder}\` and start from what comes out`,
    })),
  ];
  if (mistakes.length > 0 || !parsed) return { mistakes };
  const { resources = [], namespace, labels = [] } = parsed;
  return {
    kustomization: {
      resources: resources.map((path, index) => ({ path, line: document.line(['resources', index]) })),
      ...(namespace && { namespace }),
      labels: Object.assign({}, ...labels.map(({ pairs }) => pairs)),
    },
    mistakes: [],
  };
};

/** An object as the kustomization makes it; a Namespace gets the namespace for its name, as kustomize does. */
export const transform = (object: NewObject, kind: Kind, { namespace, labels }: Kustomization): NewObject => {
  const { metadata } = object;
  const labelled = Object.keys(labels).length > 0 ? { labels: { ...metadata.labels, ...labels } } : {};
  const placed =
    namespace === undefined
      ? {}
      : kindInfo(kind).namespaced
        ? { namespace }
        : kind === 'Namespace'
          ? { name: namespace }
          : {};
  return { ...object, metadata: { ...metadata, ...labelled, ...placed } };
};
