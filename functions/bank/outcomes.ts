/** What the simulated bank does with a charge, decided by its token alone. */
export interface Outcome {
  status: 'pending' | 'captured' | 'failed';
  reason: string | null;
  /** A pending charge captures after this time; never, where it is null. */
  capturesAfterMs: number | null;
  /** How many times the bank sends the webhook of a charge that it decides at once. */
  copies: 1 | 2;
}

const outcome = (differences: Partial<Outcome>): Outcome => ({
  status: 'captured',
  reason: null,
  capturesAfterMs: null,
  copies: 1,
  ...differences,
});

const outcomes = new Map<string, Outcome>([
  ['tok_ok', outcome({})],
  ['tok_declined', outcome({ status: 'failed', reason: 'declined' })],
  ['tok_late', outcome({ status: 'pending', capturesAfterMs: 3_000 })],
  ['tok_duplicate', outcome({ copies: 2 })],
  ['tok_silent', outcome({ status: 'pending' })],
]);

const unknownToken = outcome({ status: 'failed', reason: 'unknown-token' });

export const outcomeOf = (token: string): Outcome => outcomes.get(token) ?? unknownToken;
