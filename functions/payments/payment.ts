import type { payments } from '../../db/schema/payments.ts';

export type Payment = typeof payments.$inferSelect;

/** The bank's word on the end of a charge; of a cancelled charge it has no reason. */
export interface Settlement {
  paymentId: string;
  charge: 'captured' | 'failed' | 'cancelled';
  reason: string | null;
}
