import type { TriggerPosition } from '../../eventing/broker/types.ts';
import type { KubeObject, NewObject } from '../../knative/local/store/types.ts';
import type { Side } from './verdict/side.ts';

/** The Kubernetes API, as far as a rollout asks it, in one namespace. */
export interface Cluster {
  readonly namespace: string;
  service(name: string): Promise<KubeObject>;
  revision(name: string): Promise<KubeObject>;
  /** All of a Service's. */
  revisions(service: string): Promise<KubeObject[]>;
  /** Over what was read: rejects with a ConflictError where it was changed since. A dry run answers what it would be. */
  put(object: KubeObject, options?: { dryRun: boolean }): Promise<KubeObject>;
  create(object: NewObject): Promise<KubeObject>;
  remove(object: KubeObject): Promise<void>;
  /** All of the namespace. */
  triggers(): Promise<KubeObject[]>;
  /** How far a Trigger is, one a partition; rejects where nobody can say so as of now. */
  positions(trigger: string): Promise<TriggerPosition[]>;
  /** Of a path that answers no object. */
  text(path: string): Promise<string>;
  close(): void;
}

/** What revisions have answered since they were first counted. */
export interface Metrics {
  /** In the order asked, by all requests or by events alone; rejects where there are no metrics. One that has answered nothing yet is zero. */
  read(revisions: readonly string[], options: { only?: 'events' }): Promise<Side[]>;
}

/** Time as a process has it: only differences mean something, and no clock that is set changes them. */
export interface Clock {
  now(): number;
  sleep(ms: number): Promise<void>;
}

/** Own requests to the candidate's address. */
export interface Probe {
  /** Answers the number that failed. */
  send(url: string, count: number): Promise<number>;
}
