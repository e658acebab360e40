import type { CloudEvent } from '../../eventing/contracts/cloud-event.ts';

/** Where a record stands in the event log. */
export interface RecordPlace {
  topic: string;
  partition: number;
  offset: bigint;
}

/** The type that a KafkaSource gives the event of a record that is none itself. */
export const kafkaEvent = 'dev.knative.kafka.event';

/**
 * The place of the record that an event was. A KafkaSource's own events name it in source and id, which stay as they are
 * when the event is redriven; a record that is a CloudEvent itself has it in extensions, the topic by ceOverrides.
 */
export const placeOf = (event: CloudEvent): RecordPlace | undefined =>
  event.type === kafkaEvent
    ? place(
        /#([\w.-]+)$/.exec(event.source)?.[1],
        ...(/^partition:(\d+)\/offset:(\d+)$/.exec(event.id) ?? []).slice(1),
      )
    : place(event.kafkatopic, event.knativekafkapartition, event.knativekafkaoffset);

const place = (topic?: unknown, partition?: unknown, offset?: unknown): RecordPlace | undefined =>
  typeof topic === 'string' && isNumber(partition, 9) && isNumber(offset, 18)
    ? { topic, partition: Number(partition), offset: BigInt(String(offset)) }
    : undefined;

/** Within what the table's columns hold. */
const isNumber = (text: unknown, digits: number): boolean =>
  new RegExp(`^\\d{1,${digits}}$`).test(String(text));
