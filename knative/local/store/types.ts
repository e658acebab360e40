/** An object as the Kubernetes API has it; kinds with a shape of their own narrow it where they are used. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  // biome-ignore lint/suspicious/noExplicitAny: objects of all kinds; admission has checked their shape
  [field: string]: any;
}

export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  creationTimestamp: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** What a caller hands in: the server fills the rest of the metadata. */
export type NewObject = Omit<KubeObject, 'metadata'> & {
  apiVersion: string;
  kind: string;
  metadata: Partial<ObjectMeta> & { name: string };
};

/** `Service.serving.knative.dev`; the core group has no suffix: `Secret`. */
export type Kind = string;

export interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  kind: Kind;
  object: KubeObject;
}

/**
 * Objects with resourceVersions and watches: reads come from memory, a write is in Postgres before it is answered or
 * seen by anyone. Objects handed out are frozen. Errors are StatusError (reason NotFound, AlreadyExists, Conflict, Invalid, Expired).
 */
export interface Store {
  get(kind: Kind, namespace: string | undefined, name: string): KubeObject | undefined;
  list(kind: Kind, namespace?: string): KubeObject[];
  /** The resourceVersion of the newest write. */
  revision(): string;
  create(object: NewObject): Promise<KubeObject>;
  /** Spec, data, labels, annotations; status is kept. With metadata.resourceVersion: only over that version. */
  update(object: NewObject): Promise<KubeObject>;
  /** Status only; the rest is kept. */
  updateStatus(object: NewObject): Promise<KubeObject>;
  /** Removes it and, by ownerReferences, what it owns. */
  remove(kind: Kind, namespace: string | undefined, name: string, only?: { uid?: string; resourceVersion?: string }): Promise<KubeObject>;
  /** Calls `listener` for every change after `from` (absent: from now) in order; throws Expired where history is gone. */
  watch(kind: Kind | undefined, from: string | undefined, listener: (event: WatchEvent) => void): () => void;
}
