/** The Broker's data plane, as Knative's Kafka broker behaves; its control plane hands it resolved specs. */
export interface Broker {
  /** Makes the topic where none stands, and serves the ingress from then on. */
  addBroker(spec: BrokerSpec): Promise<void>;
  /** Takes new delivery settings for the triggers that have none of their own; the topic stays as it is. */
  updateBroker(spec: BrokerSpec): Promise<void>;
  /** Ends the ingress and the triggers' deliveries; deletes the topic unless it is kept or another Broker uses it. */
  removeBroker(namespace: string, name: string, options?: { keepTopic?: boolean }): Promise<void>;
  /** Takes one CloudEvent; 202 once it is stored. Never rejects. */
  accept(request: IngressRequest): Promise<IngressAnswer>;
  /** Resolves when every event accepted from now on will reach the trigger's filter. Throws SpecError, LogError. */
  addTrigger(spec: TriggerSpec): Promise<void>;
  /** Changes filter, subscriber, delivery or order while events flow; none is lost. Throws SpecError, LogError. */
  updateTrigger(spec: TriggerSpec): Promise<void>;
  /** Stops the deliveries and deletes the consumer group: a trigger made again starts at the newest event. */
  removeTrigger(namespace: string, name: string): Promise<void>;
  /** How far a trigger is, one a partition: what it has seen to, and where its topic ends. Throws SpecError where it is not served. */
  positions(namespace: string, name: string): Promise<TriggerPosition[]>;
  /** Stops delivering, lets what is in hand finish within `graceMs`; what is not done is delivered at the next start. */
  close(options?: { graceMs?: number }): Promise<void>;
}

export interface TriggerPosition {
  /** The next offset that it has not seen to. */
  committed: bigint;
  /** The next free offset. */
  end: bigint;
}

export interface BrokerSpec {
  namespace: string;
  name: string;
  /** Absent: `knative-broker-NAMESPACE-NAME`. */
  topic?: string;
  /** Of a topic that must be made, 10 when absent; one that stands keeps its own. */
  partitions?: number;
  /** 7 days when absent. */
  retentionMs?: number;
  delivery?: DeliverySpec;
}

export interface TriggerSpec {
  namespace: string;
  name: string;
  /** A Broker of the same namespace. */
  broker: string;
  filter?: { attributes?: Record<string, string> };
  /** Overrides `filter`. */
  filters?: FilterSpec[];
  /** Absolute URL, resolved. */
  subscriber: string;
  /** Replaces the Broker's as a whole. */
  delivery?: DeliverySpec;
  /** One event at a time a partition (kafka.eventing.knative.dev/delivery.order: ordered). */
  ordered?: boolean;
}

/** Exactly one dialect. */
export interface FilterSpec {
  exact?: Record<string, string>;
  prefix?: Record<string, string>;
  suffix?: Record<string, string>;
  all?: FilterSpec[];
  any?: FilterSpec[];
  not?: FilterSpec;
  cesql?: string;
}

/** Knative's DeliverySpec with its sink resolved; durations are ISO 8601. */
export interface DeliverySpec {
  retry?: number;
  /** Absent: exponential. */
  backoffPolicy?: 'linear' | 'exponential';
  /** Absent: PT0.2S. */
  backoffDelay?: string;
  /** Of one attempt; absent or zero: PT10M. */
  timeout?: string;
  /** Retry-After is honoured only with it, and up to it. */
  retryAfterMax?: string;
  /** Absolute URL, resolved. */
  deadLetterSink?: string;
}

export interface IngressRequest {
  namespace: string;
  broker: string;
  method: string;
  /** As node:http has them. */
  headers: Record<string, string | string[] | undefined>;
  /** A stream is read no further than the greatest event allowed. */
  body: Uint8Array | AsyncIterable<Uint8Array>;
}

export interface IngressAnswer {
  status: 202 | 400 | 404 | 405 | 413 | 503;
  headers: Record<string, string>;
  /** Why it was refused, in one sentence for the sender. */
  reason?: string;
}

/** What became of one attempt to deliver for a Trigger, for metrics and logs. */
export interface Delivery extends Attempted {
  trigger: { namespace: string; name: string; broker: string };
}

/** What became of one attempt to deliver. */
export interface Attempted {
  /** `subscriber`, or the dead-letter sink that got what the subscriber did not take. */
  to: 'subscriber' | 'dead-letter-sink';
  url: string;
  event: { id: string; source: string; type: string };
  /** 1 for the first. */
  attempt: number;
  /** The HTTP status, null where none came. */
  code: number | null;
  ms: number;
  /** `retried`: it failed and is tried again; `failed`: it failed for good; `interrupted`: the broker closed meanwhile. */
  outcome: 'delivered' | 'retried' | 'failed' | 'interrupted';
  reason?: string;
  /** Headers of the answer, such as one that names the revision that took it. */
  headers: Record<string, string | string[] | undefined>;
}

/** A spec that cannot be served; `path` names the field: `filters[0].cesql`. */
export class SpecError extends Error {
  readonly path: string;
  constructor(path: string, message: string) {
    super(`${path}: ${message}`);
    this.name = 'SpecError';
    this.path = path;
  }
}
