import { type FieldError, invalid } from '../kit/problem.ts';
import type { Product } from './catalog.ts';
import type { OrderItem, OrderRequest } from './order.ts';

/** The items at the catalog's prices, and what they cost together. Throws 422 with a pointer for each that cannot be had. */
export const priceItems = (
  { items, currency }: OrderRequest,
  products: ReadonlyMap<string, Product>,
): { items: OrderItem[]; total: { amount: number; currency: string } } => {
  const errors: FieldError[] = [];
  const priced = items.map(({ sku, quantity }, i) => {
    const product = products.get(sku);
    if (!product) errors.push({ pointer: `#/items/${i}/sku`, detail: 'not in the catalog' });
    else if (product.currency !== currency)
      errors.push({ pointer: '#/currency', detail: `${sku} is sold in ${product.currency}` });
    return { sku, quantity, unitAmount: product?.amount ?? 0 };
  });
  if (errors.length > 0) throw invalid(errors, 'The order cannot be had like this.');
  const amount = priced.reduce((sum, { quantity, unitAmount }) => sum + quantity * unitAmount, 0);
  return { items: priced, total: { amount, currency } };
};
