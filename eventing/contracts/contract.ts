import type * as z from 'zod';

/** An event type: all that functions know of each other. */
export interface Contract<S extends z.ZodType = z.ZodType> {
  /** `dev.kagari.<noun>.<verb>.v<n>`. */
  readonly type: string;
  readonly noun: string;
  /** Of the event's data. Readers ignore fields they do not know: a field may be added within a version. */
  readonly schema: S;
  /** The id of the entity that the event is about. */
  subject(data: z.output<S>): string;
  /** Events with one key keep their order where delivery is ordered. */
  partitionKey(data: z.output<S>): string;
}

const typePattern = /^dev\.kagari\.([a-z]+)\.[a-z]+(?:-[a-z]+)*\.v[1-9][0-9]*$/;

/** Declares an event type; its noun is read from its name. Throws where the name is not of the pattern. */
export function contract<S extends z.ZodType>(declared: Omit<Contract<S>, 'noun'>): Contract<S> {
  const noun = typePattern.exec(declared.type)?.[1];
  if (!noun) throw new Error(`an event type is named dev.kagari.<noun>.<verb>.v<n>, not ${declared.type}`);
  return { ...declared, noun };
}
