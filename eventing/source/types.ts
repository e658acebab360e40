import type { Attempted, DeliverySpec } from '../broker/types.ts';

/** The data plane of KafkaSources over event logs; its control plane hands it resolved specs. */
export interface Sources {
  /**
   * Resolves when every topic stands and has the group's start offset: every record stored from then on is delivered.
   * A source that runs is changed while records flow, and loses none. Throws SpecError, LogError.
   */
  set(spec: SourceSpec): Promise<void>;
  /**
   * Stops the deliveries and forgets the group's offsets, unless another source is in the group, or another Kafka that has
   * it does not answer.
   */
  remove(source: Pick<SourceSpec, 'namespace' | 'name' | 'kafka' | 'group'>): Promise<void>;
  /** Stops delivering, lets what is in hand finish within `graceMs`; what is not done is delivered at the next start. */
  close(options?: { graceMs?: number }): Promise<void>;
}

export interface SourceSpec {
  namespace: string;
  name: string;
  /** Servers of another Kafka, `host:port`, each once and sorted; absent: the platform's own event log. */
  kafka?: string[];
  topics: string[];
  /** Of a topic that must be made in the platform's own log; one that stands keeps its own. */
  partitions: number;
  group: string;
  /** Where the group starts in partitions that it has no offset of. */
  initialOffset: 'earliest' | 'latest';
  /** Members of the group; 0 pauses the source. */
  consumers: number;
  /** One record at a time a partition. */
  ordered: boolean;
  /** Absolute URL, resolved. */
  sink: string;
  /** Absent: Knative's own for a KafkaSource, ten retries from 0.3 s on. */
  delivery?: DeliverySpec;
  /** Extensions that every event gets. */
  extensions: Record<string, string>;
}

/** What became of one attempt to deliver. */
export interface SourceDelivery extends Attempted {
  source: { namespace: string; name: string };
}
