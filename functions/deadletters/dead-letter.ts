import { createHash } from 'node:crypto';
import type { CloudEvent } from '../../eventing/contracts/cloud-event.ts';

/** A failed event apart from what the broker said of its failure. */
export interface DeadLetter {
  /** As it was sent. */
  event: CloudEvent;
  /** sha256 of source and id. */
  origin: Buffer;
  destination: string | null;
  round: number;
  code: number | null;
  reason: string | null;
}

/** Takes the marks of brokers off an event: knativeerrordest, -code, -data (base64), the transport's own, kagariredrive. */
export const readDeadLetter = (received: CloudEvent): DeadLetter => {
  const {
    knativeerrordest: destination,
    knativeerrorcode: code,
    knativeerrordata: data,
    kagariredrive: round,
  } = received;
  const attributes = Object.entries(received).filter(
    ([name]) => !name.startsWith('knative') && name !== 'kagariredrive',
  );
  return {
    event: Object.fromEntries(attributes) as unknown as CloudEvent,
    origin: createHash('sha256')
      .update(`${received.source.length}:${received.source}${received.id}`)
      .digest(),
    destination: destination === undefined ? null : storable(String(destination)),
    round: wholeNumber(round) ?? 0,
    code: wholeNumber(code) ?? null,
    reason: typeof data === 'string' ? reasonOf(data) : null,
  };
};

const wholeNumber = (value: unknown): number | undefined =>
  /^\d{1,9}$/.test(String(value)) ? Number(value) : undefined;

/** What the receiver answered: the detail of a problem document, else the text; null where it said nothing. */
const reasonOf = (data: string): string | null => {
  const text = Buffer.from(data, 'base64').toString().trim();
  return storable(detailOf(text) ?? text).slice(0, 1000) || null;
};

const detailOf = (text: string): string | undefined => {
  try {
    const { code, detail } = JSON.parse(text);
    return typeof detail === 'string'
      ? typeof code === 'string'
        ? `${code}: ${detail}`
        : detail
      : undefined;
  } catch {
    return undefined;
  }
};

// Postgres has no null character in text.
export const storable = (text: string) => text.replaceAll('\0', '\uFFFD');
