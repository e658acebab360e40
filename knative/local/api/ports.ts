import type { PodView } from '../serving/ports.ts';
import type { Kind, KubeObject, WatchEvent } from '../store/types.ts';

/** What the API reads of one kind: the store, or a view of what runs. */
export interface Source {
  get(namespace: string | undefined, name: string): KubeObject | undefined;
  /** Sorted by namespace and name; absent: all namespaces. */
  list(namespace: string | undefined): KubeObject[];
  /** The resourceVersion that get and list stand at. */
  revision(): string;
  /** As Store.watch; absent: the kind cannot be watched. */
  watch?(from: string, listener: (event: WatchEvent) => void): () => void;
}

/** The fields a kind's objects may have, of which OpenAPI and the check for unknown fields are made. */
export interface Schemas {
  /** JSON Schema (OpenAPI 3.0) of whole objects; absent: any field may be there. */
  of(kind: Kind): JsonSchema | undefined;
}

export interface JsonSchema {
  type?: string | string[];
  description?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  [keyword: string]: unknown;
}

/** The processes that run, as the API needs them of the machinery. */
export interface Pods {
  list(): PodView[];
  /** Calls after pods came, went or changed; answers how to stop. */
  onChange(listener: () => void): () => void;
  /** Ends it within this time, after draining; the machinery decides what comes next. False: there is no such pod. */
  kill(pod: string, graceSeconds: number | undefined): boolean;
  /** The log of its process, or of the one before; undefined where there is none. */
  log(pod: string, previous: boolean): PodLog | undefined;
}

export interface LogLine {
  at: Date;
  text: string;
}

export interface PodLog {
  lines(): LogLine[];
  /** Calls for every line from now on; answers how to stop. */
  follow(listener: (line: LogLine) => void): () => void;
}

/** What a process has used. */
export interface Usage {
  /** Seconds of processor time since its start. */
  cpuSeconds: number;
  memoryBytes: number;
}
