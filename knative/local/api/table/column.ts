import type { KubeObject } from '../../store/types.ts';
import { humanDuration } from './human-duration.ts';

export interface Column {
  name: string;
  type: 'string' | 'integer' | 'date';
  format?: 'name';
  description: string;
  /** 0: always shown; 1: with -o wide. */
  priority: number;
  /** Null where the object does not say. */
  cell: (object: KubeObject, now: number) => string | number | null;
}

type Read = (object: KubeObject) => unknown;

export const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name must be unique within a namespace.',
  priority: 0,
  cell: (object) => object.metadata.name,
};

export const text = (name: string, read: Read, { priority = 0, description = '' } = {}): Column => ({
  name,
  type: 'string',
  description,
  priority,
  cell: (object) => textOf(read(object)),
});

export const integer = (name: string, read: Read): Column => ({
  name,
  type: 'integer',
  description: '',
  priority: 0,
  cell: (object) => {
    const value = read(object);
    return typeof value === 'number' ? value : null;
  },
});

/** Type string as core kinds have it, or date as a CustomResourceDefinition's column. */
export const age = (type: 'string' | 'date' = 'string'): Column => ({
  name: 'Age',
  type,
  description: '',
  priority: 0,
  cell: (object, now) => since(object.metadata.creationTimestamp, now),
});

/** How long ago a time was, as kubectl shows it. */
export const since = (time: string | undefined, now: number): string =>
  time ? humanDuration(now - Date.parse(time)) : '<unknown>';

const textOf = (value: unknown): string | null => {
  if (value === undefined || value === null) return null;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};
