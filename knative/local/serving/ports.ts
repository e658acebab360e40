/** What the serving controllers and the machinery of processes know of each other. */

/** Namespace and name of a Revision: `kagari/orders-00001`. */
export type RevisionKey = `${string}/${string}`;

/** A Revision's template, resolved to what can run. */
export interface RevisionSpec {
  namespace: string;
  name: string;
  service: string;
  configuration: string;
  /** `sha256:…` of an image in the image store. */
  imageDigest: string;
  command?: string[];
  args?: string[];
  /** 0 is unlimited. */
  containerConcurrency: number;
  /** Seconds until a request gets 504. */
  timeoutSeconds: number;
  readinessProbe?: HttpProbe;
  scaling: Scaling;
}

export interface HttpProbe {
  path: string;
  periodMs: number;
  timeoutMs: number;
  failureThreshold: number;
}

/** The annotations autoscaling.knative.dev/*, parsed; times in milliseconds. */
export interface Scaling {
  metric: 'concurrency' | 'rps';
  /** What one pod is to have at most, before utilization: containerConcurrency bounds it. */
  target: number;
  /** A fraction: 0.7. */
  targetUtilization: number;
  minScale: number;
  /** 0 is no limit. */
  maxScale: number;
  initialScale: number;
  activationScale: number;
  windowMs: number;
  /** Of the window, in percent: 10. */
  panicWindowPercentage: number;
  /** In percent: 200. */
  panicThresholdPercentage: number;
  scaleDownDelayMs: number;
  retentionMs: number;
}

/** What a pod gets at its start: read anew at every start, so that Secrets and ConfigMaps are current. */
export interface PodContext {
  env: Record<string, string>;
  volumes: Volume[];
}

export interface Volume {
  mountPath: string;
  /** File name to content. */
  files: Record<string, string>;
}

export interface RevisionState {
  ready: number;
  desired: number;
  /** True once a pod of it has been ready. */
  proven: boolean;
  /** Why the newest start failed, in Kubernetes' words; gone after a good start. */
  failure?: { reason: string; message: string; exitCode?: number };
}

export interface PodView {
  name: string;
  revision: RevisionKey;
  service: string;
  pid: number | undefined;
  port: number;
  phase: 'Pending' | 'Running' | 'Terminating';
  ready: boolean;
  startedAt: Date;
  restarts: number;
  /** Of the image it runs. */
  imageDigest: string;
}
