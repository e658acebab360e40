import type { OrderItem, orders } from '../../db/schema/orders.ts';

export type Order = typeof orders.$inferSelect;
export type { OrderItem };

export interface OrderRequest {
  items: { sku: string; quantity: number }[];
  currency: string;
  paymentToken: string;
}

/** The answer to whoever placed the order, the same each time. */
export interface PlacedOrder {
  id: string;
  status: 'pending';
  total: { amount: number; currency: string };
  createdAt: string;
}
