/**
 * What a field holds. `string` and `int` are absent from JSON where they are empty, `stated` integers never; `map` is of
 * strings, `bytesMap` of bytes, which JSON has in base64.
 */
export type FieldType =
  | 'string'
  | 'strings'
  | 'int'
  | 'stated'
  | 'bool'
  | 'time'
  | 'map'
  | 'bytesMap'
  | { one: Message }
  | { many: Message };

/** A message by the numbers of its fields; others are left out. */
export type Message = Record<number, [name: string, type: FieldType]>;

const ownerReference: Message = {
  1: ['kind', 'string'],
  3: ['name', 'string'],
  4: ['uid', 'string'],
  5: ['apiVersion', 'string'],
  6: ['controller', 'bool'],
  7: ['blockOwnerDeletion', 'bool'],
};

const objectMeta: Message = {
  1: ['name', 'string'],
  2: ['generateName', 'string'],
  3: ['namespace', 'string'],
  5: ['uid', 'string'],
  6: ['resourceVersion', 'string'],
  7: ['generation', 'int'],
  8: ['creationTimestamp', 'time'],
  9: ['deletionTimestamp', 'time'],
  10: ['deletionGracePeriodSeconds', 'stated'],
  11: ['labels', 'map'],
  12: ['annotations', 'map'],
  13: ['ownerReferences', { many: ownerReference }],
  14: ['finalizers', 'strings'],
};

const metadata: [string, FieldType] = ['metadata', { one: objectMeta }];

/** k8s.io/api and apimachinery, generated.proto: what kubectl and kn send of kinds that we serve, by their kind. */
export const messages: Record<string, Message> = {
  ConfigMap: { 1: metadata, 2: ['data', 'map'], 3: ['binaryData', 'bytesMap'], 4: ['immutable', 'bool'] },
  Secret: {
    1: metadata,
    2: ['data', 'bytesMap'],
    3: ['type', 'string'],
    4: ['stringData', 'map'],
    5: ['immutable', 'bool'],
  },
  Namespace: { 1: metadata, 2: ['spec', { one: { 1: ['finalizers', 'strings'] } }] },
  DeleteOptions: {
    1: ['gracePeriodSeconds', 'stated'],
    2: ['preconditions', { one: { 1: ['uid', 'string'], 2: ['resourceVersion', 'string'] } }],
    3: ['orphanDependents', 'bool'],
    4: ['propagationPolicy', 'string'],
    5: ['dryRun', 'strings'],
  },
};
