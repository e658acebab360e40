import { backoff, pause } from '../log/backoff.ts';
import type { Logger } from '../log/logger.ts';
import { type EventLog, LogError, type LogRecord } from '../log/port.ts';
import { type Attempt, type createAttempts, Interrupted, type Outcome } from './attempts.ts';
import { deadLetterOf, type Failure } from './dead-letter.ts';
import { type CloudEvent, identityOf, withAttributes } from './event.ts';
import type { EventFilter } from './filter.ts';
import { FilterFailed, judge } from './judge.ts';
import type { Policy } from './policy.ts';
import { fromRecord, toRecord } from './record.ts';
import type { Attempted, Delivery } from './types.ts';

/** A trigger as it is at one moment: an event meets one version of it from beginning to end. */
export interface Version {
  trigger: Delivery['trigger'];
  filter: EventFilter;
  subscriber: string;
  policy: Policy;
}

interface Deps {
  log: EventLog;
  attempts: ReturnType<typeof createAttempts>;
  onDelivery(delivery: Delivery): void;
  logger: Logger;
}

/** What a dead letter says where nobody answered since the trigger itself is at fault. */
const filterFailedCode = 500;

/** Brings one record to its end: not wanted, delivered, dead-lettered, or lost with a line in the log. */
export const createDispatch = ({ log, attempts, onDelivery, logger }: Deps) => {
  const dispatch = async (version: Version, record: LogRecord, signal: AbortSignal): Promise<void> => {
    const { trigger, subscriber: url, policy } = version;
    const { topic, partition, offset } = record;
    let read: CloudEvent;
    try {
      read = fromRecord(record);
    } catch (err) {
      logger.error(
        { err, trigger, topic, partition, offset },
        'a record is no CloudEvent and is passed over',
      );
      return;
    }
    const event = withAttributes(read, {
      knativekafkapartition: String(partition),
      knativekafkaoffset: String(offset),
    });
    const deadLetter = (failure: Omit<Failure, 'destination'>, reason: string) =>
      sendDeadLetter(version, record, event, { ...failure, destination: url }, reason, signal);

    const onAttempt = attemptsOf(trigger);
    try {
      if (!(await judge({ filter: version.filter, event, url, policy, signal, onAttempt }))) return;
    } catch (err) {
      if (!(err instanceof FilterFailed)) throw err;
      logger.error({ err: err.cause, trigger, event: identityOf(event) }, err.message);
      return deadLetter({ code: filterFailedCode, data: err.message }, err.message);
    }
    const outcome = await attempt(trigger, { to: 'subscriber', url, event, policy, signal });
    if (!outcome.taken) return deadLetter({ answer: outcome.answer }, outcome.reason);
    const refused = await appendReply(outcome, record, signal);
    if (refused) return deadLetter({ data: refused }, refused);
  };

  const attempt = (
    trigger: Version['trigger'],
    what: Pick<Attempt, 'to' | 'url' | 'event' | 'policy' | 'signal'>,
  ): Promise<Outcome> => attempts({ ...what, namespace: trigger.namespace, onAttempt: attemptsOf(trigger) });

  const attemptsOf = (trigger: Version['trigger']) => (attempted: Attempted) =>
    onDelivery({ trigger, ...attempted });

  const sendDeadLetter = async (
    { trigger, policy }: Version,
    record: LogRecord,
    event: CloudEvent,
    failure: Failure,
    reason: string,
    signal: AbortSignal,
  ): Promise<void> => {
    const lost = {
      trigger,
      event: identityOf(event),
      topic: record.topic,
      subscriber: failure.destination,
      reason,
    };
    const { deadLetterSink: url } = policy;
    if (url === undefined) {
      logger.error(lost, 'an event is lost: it was not delivered and its trigger has no dead-letter sink');
      return;
    }
    const letter = deadLetterOf(event, failure);
    const outcome = await attempt(trigger, { to: 'dead-letter-sink', url, event: letter, policy, signal });
    const refused = outcome.taken ? await appendReply(outcome, record, signal) : outcome.reason;
    if (refused)
      logger.error(
        { ...lost, deadLetterSink: url, refused },
        'an event is lost: its dead-letter sink did not take it',
      );
  };

  /** Answers why the reply cannot be stored; waits as long as the log is away. Throws Interrupted. */
  const appendReply = async (
    outcome: Outcome,
    { topic }: LogRecord,
    signal: AbortSignal,
  ): Promise<string | undefined> => {
    if (!outcome.taken || !outcome.reply) return undefined;
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        await log.append(topic, [toRecord(outcome.reply)]);
        return undefined;
      } catch (error) {
        if (!(error instanceof LogError && error.retriable))
          return `the reply was not stored: ${(error as Error).message}`;
        await pause(backoff(attempt), signal);
      }
    }
    throw new Interrupted();
  };

  return dispatch;
};
