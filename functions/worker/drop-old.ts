import type { Rule, Store } from './store.ts';

/** How long what grows with every event is kept, in milliseconds. */
export interface Retention {
  /** Published events and the attempts to handle them: how far back a timeline goes. */
  eventMs: number;
  /** Receipts of events and webhooks: what makes a repetition harmless. */
  receiptMs: number;
  /** What was decided of dead letters, and what clients recorded. */
  recordMs: number;
}

export const rules: readonly { drop: Rule; keep?: keyof Retention }[] = [
  { drop: 'drop_published_events', keep: 'eventMs' },
  // After their events: an attempt goes when the outbox has lost its subject.
  { drop: 'drop_attempts', keep: 'eventMs' },
  { drop: 'drop_receipts', keep: 'receiptMs' },
  { drop: 'drop_sent_webhooks', keep: 'receiptMs' },
  { drop: 'drop_webhook_receipts', keep: 'receiptMs' },
  { drop: 'drop_dead_letters', keep: 'recordMs' },
  { drop: 'drop_records', keep: 'recordMs' },
  { drop: 'drop_refresh_tokens' },
];

export interface Batches {
  rows?: number;
  /** Of one rule in one round: a backlog is worked off round by round. */
  most?: number;
}

/** Drops what is old by every rule, in small transactions. One that fails keeps none from its turn; throws the first failure. */
export const dropOld = async (
  store: Pick<Store, 'drop'>,
  retention: Retention,
  { rows = 500, most = 40 }: Batches = {},
): Promise<void> => {
  const failures: unknown[] = [];
  for (const { drop, keep } of rules) {
    try {
      for (let batch = 0; batch < most; batch++)
        if ((await store.drop(drop, keep && retention[keep], rows)) < rows) break;
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
};
