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
  /** What it was before; absent when ADDED. */
  old?: KubeObject;
}

/** What a read finds; a controller or a check that only looks takes this. */
export interface Reader {
  get(kind: Kind, namespace: string | undefined, name: string): KubeObject | undefined;
  /** Sorted by namespace and name. */
  list(kind: Kind, namespace?: string): KubeObject[];
  /** The objects whose ownerReferences name this uid, by index; sorted by namespace and name. */
  owned(uid: string, kind?: Kind): KubeObject[];
}

export interface WriteOptions {
  /** Who asks; admission writes it into Knative's creator annotations. Absent: the runtime itself. */
  user?: string;
  /** Hears what admission accepts but does not honour. */
  warn?: (message: string) => void;
  /** Answers what the write would answer, and writes nothing. */
  dryRun?: boolean;
}

/** What must hold for an object to be removed. */
export interface RemoveOptions {
  uid?: string;
  resourceVersion?: string;
  dryRun?: boolean;
}

/**
 * Objects with resourceVersions and watches: reads come from memory, a write is in Postgres before it is answered or
 * seen by anyone. Objects handed out are frozen. Errors are StatusError (reason NotFound, AlreadyExists, Conflict, Invalid, Expired).
 */
export interface Store extends Reader {
  /** The resourceVersion of the newest write. */
  revision(): string;
  create(object: NewObject, options?: WriteOptions): Promise<KubeObject>;
  /** Spec, data, labels, annotations; status is kept. With metadata.resourceVersion: only over that version. */
  update(object: NewObject, options?: WriteOptions): Promise<KubeObject>;
  /** Status only; the rest is kept. */
  updateStatus(object: NewObject, options?: Pick<WriteOptions, 'dryRun'>): Promise<KubeObject>;
  /** Removes it and, by ownerReferences, what it owns. */
  remove(
    kind: Kind,
    namespace: string | undefined,
    name: string,
    options?: RemoveOptions,
  ): Promise<KubeObject>;
  /** Calls `listener` for every change after `from` (absent: from now) in order; throws Expired where history is gone. */
  watch(kind: Kind | undefined, from: string | undefined, listener: (event: WatchEvent) => void): () => void;
}

/** Asked before every create and update: answers the object with its defaults, or throws StatusError. */
export type Admit = (request: AdmissionRequest) => NewObject;

export interface AdmissionRequest {
  kind: Kind;
  object: NewObject;
  /** Absent on create. */
  old?: KubeObject;
  /** The objects as this write finds them. */
  read: Reader;
  user: string | undefined;
  warn: (message: string) => void;
}

export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  debug(fields: object, message: string): void;
}
