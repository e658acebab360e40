import type { PodView } from '../serving/ports.ts';
import type { KubeObject, WatchEvent } from '../store/types.ts';

/** What the API reads of one kind: the store, or a view of what runs. */
export interface Source {
  /** Brings what get and list read up to date. */
  refresh?(): Promise<void>;
  get(namespace: string | undefined, name: string): KubeObject | undefined;
  /** Sorted by namespace and name; absent: all namespaces. */
  list(namespace: string | undefined): KubeObject[];
  /** The resourceVersion that get and list stand at. */
  revision(): string;
  /** As Store.watch; absent: the kind cannot be watched. */
  watch?(from: string, listener: (event: WatchEvent) => void): () => void;
}

/** The processes that run, as the API needs them of the machinery. */
export interface Pods {
  pods(): PodView[];
  /** What its processes wrote; undefined where there is no such pod. */
  logs(pod: string): PodLog | undefined;
  /** Ends it after what it has in hand; the machinery decides what comes next. False: there is no such pod. */
  kill(pod: string): Promise<boolean>;
  /** Calls after pods came, went or became ready; answers how to stop. */
  onChange(listener: () => void): () => void;
}

export interface LogLine {
  at: Date;
  text: string;
  /** Of its processes, the one that wrote it: 0, and one more with each restart. */
  restart: number;
}

export interface PodLog {
  lines(): LogLine[];
  /** Calls for every line from now on; answers how to stop. */
  follow(listener: (line: LogLine) => void): () => void;
}

/** What a process has used. */
export interface Usage {
  /** Of processor time since its start. */
  cpuSeconds: number;
  memoryBytes: number;
}

/** What these processes have used; those that have ended are left out. */
export type Measure = (pids: readonly number[]) => Promise<Map<number, Usage>>;
