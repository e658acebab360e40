import * as z from 'zod';
import type { Facts } from '../../db/schema/analytics.ts';
import type { CloudEvent } from '../../eventing/contracts/cloud-event.ts';
import type { Contract } from '../../eventing/contracts/contract.ts';
import { money } from '../../eventing/contracts/fields.ts';

export type { Facts };

/** What one event says: of whom, and what is to be learned of it. */
export interface Told {
  subject: string;
  noun: string;
  userId: string;
  facts: Facts;
}

/** What contracts have in common, as far as anything is counted by it. */
const telling = z.object({
  userId: z.uuid(),
  total: money.optional(),
  ...money.partial().shape,
  reason: z.string().optional(),
  type: z.string().optional(),
});

export const readTold = (contract: Contract, event: CloudEvent, data: unknown): Told => {
  const { userId, total, reason, type, ...rest } = telling.parse(data);
  const { amount, currency } = total ?? rest;
  return {
    subject: contract.subject(data),
    noun: contract.noun,
    userId,
    facts: {
      at: { [verbOf(contract)]: timeOf(event) },
      ...(amount !== undefined && { amount }),
      ...(currency !== undefined && { currency }),
      ...(reason !== undefined && { reason: wordOf(reason) }),
      ...(type !== undefined && { type }),
    },
  };
};

/** Both together. The order in which facts are learned makes no difference, nor does learning them again. */
export const learn = (known: Partial<Facts>, told: Facts): Facts => {
  const at = { ...known.at };
  for (const [verb, time] of Object.entries(told.at)) {
    const before = at[verb];
    at[verb] = before !== undefined && before < time ? before : time;
  }
  return { ...told, ...known, at };
};

/** From its first event to its outcome; undefined where one of them has not been told. */
export const lifeOf = (noun: string, { at }: Facts): { beganAt: string; endedAt: string } | undefined => {
  const [first, ...outcomes] = lives[noun] ?? [];
  const beganAt = at[first ?? ''];
  const [endedAt] = outcomes.flatMap((verb) => at[verb] ?? []).sort();
  return beganAt === undefined || endedAt === undefined ? undefined : { beganAt, endedAt };
};

/** Whether it is what is told of a subject first, where events come in their order. */
export const beginsLife = ({ noun, facts }: Told): boolean => {
  const [first = ''] = lives[noun] ?? [];
  return facts.at[first] !== undefined;
};

const lives: Record<string, readonly string[]> = {
  order: ['placed', 'paid', 'failed'],
  payment: ['initiated', 'succeeded', 'failed'],
  notification: ['sent'],
  user: ['signed-up'],
};

export const verbOf = ({ type }: Pick<Contract, 'type'>): string => type.split('.').at(-2) ?? type;

const timeOf = ({ time }: CloudEvent): string => {
  const at = new Date(time ?? Number.NaN);
  return (Number.isNaN(at.getTime()) ? new Date() : at).toISOString();
};

/** A label that counts are kept under: what is no short word is not worth a count of its own. */
const wordOf = (reason: string): string => (/^[a-z][a-z0-9-]{0,39}$/.test(reason) ? reason : 'other');
