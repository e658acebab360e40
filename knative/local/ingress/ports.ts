import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { RevisionKey } from '../serving/ports.ts';

export interface Target {
  revision: RevisionKey;
  percent: number;
  tag?: string;
}

/** One host of a Route: who may call it, and which revisions answer. */
export interface HostRoute {
  host: string;
  visibility: 'external' | 'cluster-local';
  /** Percents sum to 100. */
  targets: readonly Target[];
}

/** Hands a request to a pod of the revision; `headers` is the flat list (name, value, …) that the pod gets. */
export type Forward = (
  key: RevisionKey,
  req: IncomingMessage,
  res: ServerResponse,
  headers: string[],
) => void;
export type ForwardUpgrade = (
  key: RevisionKey,
  req: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  headers: string[],
) => void;
