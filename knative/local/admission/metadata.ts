import * as z from 'zod';
import type { NewObject } from '../store/types.ts';
import { type Flaw, misshapen } from './flaw.ts';
import { dns1123Label, labelValue, qualifiedName } from './names.ts';

export const strings = z.record(z.string(), z.string());

export const ownerReference = z.strictObject({
  apiVersion: z.string(),
  kind: z.string(),
  name: z.string(),
  uid: z.string(),
  controller: z.boolean().optional(),
  blockOwnerDeletion: z.boolean().optional(),
});

export const objectMeta = z.strictObject({
  name: z.string().optional(),
  generateName: z.string().optional(),
  namespace: z.string().optional(),
  labels: strings.optional(),
  annotations: strings.optional(),
  ownerReferences: z.array(ownerReference).optional(),
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
  generation: z.int().optional(),
  creationTimestamp: z.string().optional(),
  deletionTimestamp: z.string().optional(),
  deletionGracePeriodSeconds: z.int().optional(),
  finalizers: z.array(z.string()).optional(),
  managedFields: z.array(z.record(z.string(), z.unknown())).optional(),
  selfLink: z.string().optional(),
});

/** A kind's whole object; what its status holds is its controller's business. */
export const kubeObject = <Fields extends z.ZodRawShape>(apiVersion: string, kind: string, fields: Fields) =>
  z.strictObject({
    apiVersion: z.literal(apiVersion),
    kind: z.literal(kind),
    metadata: objectMeta,
    ...fields,
  });

export const anyStatus = z.record(z.string(), z.unknown()).optional();

const annotationLimit = 256 * 1024;

/** What the API server checks of every object's metadata; the name's own form is the kind's. */
export const metadataFlaws = ({ metadata }: NewObject, checkName: (name: string) => string[]): Flaw[] => {
  const { name, namespace, labels = {}, annotations = {}, ownerReferences = [] } = metadata;
  const wrong = (path: (string | number)[], value: string, messages: string[]) =>
    messages.map((message) =>
      misshapen(`Invalid value: ${JSON.stringify(value)}: ${message}`, ['metadata', ...path]),
    );
  const size = Object.entries(annotations).reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  return [
    ...(name
      ? wrong(['name'], name, checkName(name))
      : [misshapen('Required value: name or generateName is required', ['metadata', 'name'])]),
    ...(namespace === undefined ? [] : wrong(['namespace'], namespace, dns1123Label(namespace))),
    ...Object.entries(labels).flatMap(([key, value]) => [
      ...wrong(['labels'], key, qualifiedName(key)),
      ...wrong(['labels', key], value, labelValue(value)),
    ]),
    ...Object.keys(annotations).flatMap((key) =>
      wrong(['annotations'], key, qualifiedName(key.toLowerCase())),
    ),
    ...(size > annotationLimit
      ? [misshapen(`Too long: may not be more than ${annotationLimit} bytes`, ['metadata', 'annotations'])]
      : []),
    ...(ownerReferences.filter((owner) => owner.controller).length > 1
      ? [
          misshapen('Invalid value: Only one reference can have Controller set to true', [
            'metadata',
            'ownerReferences',
          ]),
        ]
      : []),
  ];
};
