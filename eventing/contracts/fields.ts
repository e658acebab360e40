import * as z from 'zod';

/** ISO 4217. */
export const currency = z.string().regex(/^[A-Z]{3}$/, 'three capital letters');

/** Integer minor units: cents, or yen. */
export const amount = z.int().nonnegative();

export const money = z.object({ amount, currency });

/** A word or sentence that says why, for people and for programs that know it. */
export const reason = z.string().min(1).max(500);
