import { hash } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { orderPlaced } from '../../eventing/contracts/order.ts';
import type { Write } from '../kit/inbox.ts';
import { conflict, Problem } from '../kit/problem.ts';
import type { Product } from './catalog.ts';
import { insertOrder } from './idempotency.ts';
import type { OrderRequest, PlacedOrder } from './order.ts';
import { priceItems } from './price-items.ts';
import type { Store } from './store.ts';

export interface Placing {
  userId: string;
  /** The Idempotency-Key. */
  key: string;
  request: OrderRequest;
}

/**
 * Places an order, or finds the one that the same key has placed. Throws 422 for what cannot be had and for a key that
 * came with another request, 409 while a request with the key is in flight.
 */
export const placeOrder = async (
  write: Write,
  store: Pick<Store, 'placed'>,
  products: ReadonlyMap<string, Product>,
  { userId, key, request }: Placing,
): Promise<{ order: PlacedOrder; replayed: boolean }> => {
  const fingerprint = hash('sha256', JSON.stringify(request), 'buffer');
  const claim = { userId, key, fingerprint };
  const replay = async () => {
    const placed = await store.placed(userId, key);
    if (placed && !placed.fingerprint.equals(fingerprint))
      throw new Problem('key-reused', 'This Idempotency-Key came with another request.', { status: 422 });
    return placed && { order: placed.order, replayed: true };
  };

  let priced: ReturnType<typeof priceItems>;
  try {
    priced = priceItems(request, products);
  } catch (error) {
    // What was placed stays placed, whatever has left the catalog since.
    const placed = await replay();
    if (placed) return placed;
    throw error;
  }

  const id = uuidv7();
  const { paymentToken } = request;
  const [row] = await write(
    (publish) => publish(orderPlaced, { orderId: id, userId, ...priced, paymentToken }),
    insertOrder(claim, { id, ...priced }),
  );
  if (!row?.held) throw conflict('in-flight', 'A request with this Idempotency-Key is in flight.');
  if (row.created_at === null) {
    const placed = await replay();
    if (!placed) throw new Error('an Idempotency-Key is taken and cannot be read');
    return placed;
  }
  const order: PlacedOrder = {
    id,
    status: 'pending',
    total: priced.total,
    createdAt: new Date(row.created_at).toISOString(),
  };
  return { order, replayed: false };
};
