import { setImmediate as nextTurn } from 'node:timers/promises';
import { backoff, pause } from '../backoff.ts';
import type { Logger } from '../logger.ts';
import type { Part } from '../part.ts';
import type { Client } from './client.ts';
import { fetchRecords, type Want } from './fetch.ts';
import type { Tail } from './tail.ts';
import type { KnownTopic } from './topics.ts';

/** Done beyond the first record not done, a partition: what a crash delivers again. */
const mostSpan = 1_000;
/** In hand, a subscription, beside the one record a partition that always comes. */
const mostHeldBytes = 8 << 20;

interface Deps {
  client: Client;
  /** What is read, by partition; it changes while a read is under way. */
  parts: ReadonlyMap<number, Part>;
  topic(): KnownTopic | undefined;
  maxInFlight: number;
  tail: Tail;
  logger: Logger;
}

/** Answers a function that starts all records for which there is room, one read at a time, until there is none. */
export const createReader = ({
  client,
  parts,
  topic,
  maxInFlight,
  tail,
  logger,
}: Deps): (() => Promise<void>) => {
  let reading = false;

  const wants = (): Want[] => {
    const room = mostHeldBytes - [...parts.values()].reduce((sum, part) => sum + part.heldBytes, 0);
    if (room <= 0) return [];
    const open = [...parts.values()].filter(
      ({ leaving, position, end, inFlight }) =>
        !leaving && position < end && inFlight.size < maxInFlight && inFlight.span < mostSpan,
    );
    return open.map(({ partition, position, inFlight }) => ({
      partition,
      from: position,
      limit: Math.min(maxInFlight - inFlight.size, mostSpan - inFlight.span),
      bytes: room / open.length,
    }));
  };

  const readOnce = async (of: KnownTopic, wanted: Want[]): Promise<void> => {
    const left: Want[] = [];
    for (const want of wanted) {
      const part = parts.get(want.partition);
      const records = tail.read(of.id, want);
      if (!records) left.push(want);
      else for (const record of records) part?.start(record);
    }
    if (left.length === 0) return void (await nextTurn());
    const asked = new Map(
      left.flatMap(({ partition }) => parts.get(partition) ?? []).map((part) => [part.partition, part]),
    );
    const empty = new Map([...asked.values()].map((part) => [part, part.end]));
    // A part may have been lost since, and even claimed again from another offset on.
    const readsOn = (part: Part) => !part.leaving && parts.get(part.partition) === part;
    for (const record of await fetchRecords(client, of, left)) {
      const part = asked.get(record.partition);
      if (!part) continue;
      empty.delete(part);
      if (readsOn(part)) part.start(record);
    }
    // Nothing is left up to the end known then: retention has taken it.
    for (const [part, end] of empty) if (readsOn(part)) part.skipTo(end);
  };

  return async () => {
    if (reading) return;
    reading = true;
    for (let failures = 0; ; ) {
      const of = topic();
      const wanted = wants();
      if (!of || wanted.length === 0) break;
      try {
        await readOnce(of, wanted);
        failures = 0;
      } catch (error) {
        logger.debug({ err: error, topic: of.name }, 'a read failed and is tried again');
        await pause(backoff(++failures, { most: 1_000 }));
      }
    }
    reading = false;
  };
};
