/**
 * The event log: partitioned, ordered, replayable topics with consumer groups, in Kafka's terms.
 * Drivers: postgres.ts (embedded default), kafka.ts. Both pass the suite in conformance.ts unchanged.
 */
export interface EventLog {
  /** Makes a topic, or leaves the one that stands; a different partition count of a standing topic is an error. */
  createTopic(topic: string, options: TopicOptions): Promise<void>;
  deleteTopic(topic: string): Promise<void>;
  /** Names and partition counts of all topics, sorted by name. */
  topics(): Promise<Topic[]>;
  /**
   * Stores records durably and answers their places in the order given; rejects when any was not stored.
   * Records of one key share a partition and keep the order of their appends. Throws LogError.
   */
  append(topic: string, records: readonly NewRecord[]): Promise<Position[]>;
  /**
   * Delivers to `handle` until closed: at least once, by partition in offset order. Members of one group share
   * the partitions; a member that dies gives its own up.
   */
  subscribe(subscription: Subscription): Promise<Consumer>;
  /** Commits where a group starts before anyone reads: every partition's end, or its start. A set offset stays. */
  startGroup(topic: string, group: string, at: 'earliest' | 'latest'): Promise<void>;
  /** Forgets a group's offsets; one that is not there is no error. Throws LogError `conflict` while it has members. */
  deleteGroup(group: string): Promise<void>;
  /** Names of the groups that have offsets, sorted. */
  groups(): Promise<string[]>;
  /** Committed offsets (the next to read), one a partition, null where nothing is committed. */
  committed(topic: string, group: string): Promise<(bigint | null)[]>;
  /** The first kept and the next free offset of every partition. */
  offsets(topic: string): Promise<{ start: bigint; end: bigint }[]>;
  /** At most `limit` records of one partition from `from` on, in order; fewer where they are large, but never none. */
  read(topic: string, partition: number, from: bigint, limit: number): Promise<LogRecord[]>;
  /** Drops what is older than the topics' retention; answers how many records went. */
  applyRetention(now?: Date): Promise<number>;
  /** Resolves when the log answers; rejects with the reason. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface TopicOptions {
  partitions: number;
  /** Milliseconds; absent keeps records forever. */
  retentionMs?: number;
}

export interface Topic {
  name: string;
  partitions: number;
}

export interface NewRecord {
  /** Null or absent: any partition. */
  key?: string | null;
  value: Uint8Array;
  headers?: Record<string, string>;
}

export interface Position {
  partition: number;
  offset: bigint;
}

export interface LogRecord extends Position {
  topic: string;
  key: string | null;
  value: Uint8Array;
  headers: Record<string, string>;
  timestamp: Date;
}

export interface Subscription {
  topic: string;
  group: string;
  /** Where a group without committed offsets starts; latest, as Knative's Kafka broker has it. */
  from?: 'earliest' | 'latest';
  /** Records in hand a partition, unfinished; the reader waits beyond it (back-pressure). 1 is ordered; absent: 10. */
  maxInFlight?: number;
  /**
   * Called for each record, concurrently up to maxInFlight. When it resolves the record is done; the offset committed
   * is always that of the first record not done. A rejection leaves the record undone: it is delivered again, after a
   * pause that grows.
   * `signal` aborts when the consumer closes or the partition moves to another member.
   */
  handle(record: LogRecord, signal: AbortSignal): Promise<void>;
}

export interface Consumer {
  /** Stops reading, lets what is in hand finish within `graceMs`, then aborts it; commits what is done. */
  close(options?: { graceMs?: number }): Promise<void>;
}

export type LogErrorCode = 'unknown-topic' | 'invalid-topic' | 'too-large' | 'unavailable' | 'conflict';

export class LogError extends Error {
  readonly code: LogErrorCode;
  readonly retriable: boolean;
  constructor(code: LogErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LogError';
    this.code = code;
    this.retriable = code === 'unavailable';
  }
}
