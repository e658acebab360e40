import type { Kind, KubeObject } from '../../store/types.ts';
import { age, type Column, nameColumn } from './column.ts';
import { coreColumns, eventColumns } from './core-columns.ts';
import { knativeColumns } from './knative-columns.ts';

/** What a row carries besides its cells. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

export interface TableOptions {
  include: IncludeObject;
  /** Absent in the later events of a watch. */
  headers?: boolean;
  now: number;
}

/** The columns of a kind; all but Events begin with the name. */
const columnsOf = (kind: Kind): readonly Column[] =>
  kind === 'Event' ? eventColumns : [nameColumn, ...(knativeColumns[kind] ?? coreColumns[kind] ?? [age()])];

/** meta.k8s.io/v1 Table of objects of one kind. */
export const tableOf = (
  kind: Kind,
  objects: readonly KubeObject[],
  metadata: object,
  { include, headers = true, now }: TableOptions,
) => {
  const columns = columnsOf(kind);
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: headers ? columns.map(definitionOf) : [],
    rows: objects.map((object) => ({
      cells: columns.map((column) => column.cell(object, now)),
      ...(include !== 'None' && { object: include === 'Object' ? object : partialOf(object) }),
    })),
  };
};

/** An object's metadata alone. */
export const partialOf = ({ metadata }: KubeObject) => ({
  kind: 'PartialObjectMetadata',
  apiVersion: 'meta.k8s.io/v1',
  metadata,
});

const definitionOf = ({ name, type, format, description, priority }: Column) => ({
  name,
  type,
  format: format ?? '',
  description,
  priority,
});
