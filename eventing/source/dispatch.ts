import type { createAttempts } from '../broker/attempts.ts';
import { deadLetterOf } from '../broker/dead-letter.ts';
import { identityOf } from '../broker/event.ts';
import type { Policy } from '../broker/policy.ts';
import type { Logger } from '../log/logger.ts';
import type { LogRecord } from '../log/port.ts';
import { eventOfRecord } from './event-of-record.ts';
import type { SourceDelivery, SourceSpec } from './types.ts';

/** A source as it is at one moment: a record meets one version of it from beginning to end. */
export interface Version {
  spec: SourceSpec;
  policy: Policy;
}

interface Deps {
  attempts: ReturnType<typeof createAttempts>;
  onDelivery(delivery: SourceDelivery): void;
  logger: Logger;
}

/** Brings one record to its end: delivered, dead-lettered, or lost with a line in the log. */
export const createDispatch =
  ({ attempts, onDelivery, logger }: Deps) =>
  async ({ spec, policy }: Version, record: LogRecord, signal: AbortSignal): Promise<void> => {
    const { namespace, name, sink } = spec;
    const source = { namespace, name };
    const common = {
      namespace,
      policy,
      signal,
      // What a sink answers is no event for anybody: there is no broker here.
      replies: 'ignored' as const,
      onAttempt: (attempted: Omit<SourceDelivery, 'source'>) => onDelivery({ source, ...attempted }),
    };
    const event = eventOfRecord(record, spec);
    const outcome = await attempts({ ...common, to: 'subscriber', url: sink, event });
    if (outcome.taken) return;

    const { topic } = record;
    const lost = { source, event: identityOf(event), topic, sink, reason: outcome.reason };
    const url = policy.deadLetterSink;
    if (url === undefined) {
      logger.error(lost, 'an event is lost: it was not delivered and its source has no dead-letter sink');
      return;
    }
    const letter = deadLetterOf(event, { destination: sink, answer: outcome.answer });
    const last = await attempts({ ...common, to: 'dead-letter-sink', url, event: letter });
    if (!last.taken)
      logger.error(
        { ...lost, deadLetterSink: url, refused: last.reason },
        'an event is lost: its dead-letter sink did not take it',
      );
  };
