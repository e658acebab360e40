export interface ChargeRequest {
  paymentId: string;
  /** Minor units. */
  amount: number;
  currency: string;
  token: string;
}

export interface Charge {
  paymentId: string;
  status: 'pending' | 'captured' | 'failed' | 'cancelled' | 'refunded';
  captures: number;
  refunds: number;
  reason: string | null;
}

/** A message about the end of a charge. Two messages with one `webhookId` are one webhook sent twice. */
export interface Message {
  id: string;
  webhookId: string;
  type: 'charge.captured' | 'charge.failed';
  paymentId: string;
  reason: string | null;
  createdAt: Date;
  /** Tries begun, this one included. */
  attempts: number;
}
