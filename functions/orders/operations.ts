import * as z from 'zod';
import { operation } from '../kit/operation.ts';
import { PageQuery } from '../kit/page.ts';

const Currency = z.string().regex(/^[A-Z]{3}$/, 'three capital letters (ISO 4217)');
const Money = z.strictObject({ amount: z.int(), currency: Currency });
const Sku = z.string().min(1).max(64);
const Status = z.enum(['pending', 'paid', 'failed', 'cancelled']);
const Time = z.iso.datetime();

export const Product = z.strictObject({ sku: Sku, name: z.string(), price: Money });

export const NewOrder = z.strictObject({
  items: z
    .array(z.strictObject({ sku: Sku, quantity: z.int().min(1).max(1000) }))
    .min(1)
    .max(100),
  currency: Currency,
  paymentToken: z.string().regex(/^tok_\w{1,60}$/, 'a payment token: tok_…'),
});

export const PlacedOrder = z.strictObject({
  id: z.uuid(),
  status: z.literal('pending'),
  total: Money,
  createdAt: Time,
});

export const OrderSummary = z.strictObject({
  id: z.uuid(),
  status: Status,
  total: Money,
  failureReason: z.string().nullable(),
  createdAt: Time,
});

export const Order = OrderSummary.extend({
  items: z.array(z.strictObject({ sku: Sku, quantity: z.int(), unitAmount: z.int() })),
  history: z.array(z.strictObject({ status: Status, at: Time })),
});

const OrderId = z.object({ id: z.uuid() });

export const operations = {
  listCatalog: operation({
    method: 'get',
    path: '/catalog',
    access: 'public',
    summary: 'What can be ordered, with prices',
    responses: { 200: { description: 'All products', schema: z.array(Product) } },
  }),
  placeOrder: operation({
    method: 'post',
    path: '/',
    access: 'customer',
    summary: 'Place an order',
    description:
      'The Idempotency-Key is kept for 24 hours: the same key and body give the same answer, with another body 422.',
    headers: z.object({
      'idempotency-key': z
        .string()
        .min(1)
        .max(255)
        .regex(/^[\x20-\x7e]+$/, 'printable ASCII'),
    }),
    body: NewOrder,
    responses: {
      201: {
        description: 'The order is placed; its payment follows',
        schema: PlacedOrder,
        headers: {
          location: 'The order',
          'idempotent-replayed': 'true where an earlier request placed the order',
        },
      },
      409: { description: 'A request with the same Idempotency-Key is in flight' },
    },
  }),
  listOrders: operation({
    method: 'get',
    path: '/',
    access: 'customer',
    summary: 'Own orders, newest first',
    query: PageQuery,
    responses: {
      200: {
        description: 'A page of orders',
        schema: z.strictObject({ items: z.array(OrderSummary), nextCursor: z.string().nullable() }),
      },
    },
  }),
  getOrder: operation({
    method: 'get',
    path: '/:id',
    access: 'customer',
    summary: 'An own order with its history',
    params: OrderId,
    responses: { 200: { description: 'The order', schema: Order } },
  }),
  cancelOrder: operation({
    method: 'post',
    path: '/:id/cancel',
    access: 'customer',
    summary: 'Cancel an own order that is pending or paid',
    description: 'What was paid, or is being paid just now, is refunded.',
    params: OrderId,
    responses: {
      202: {
        description: 'It is cancelled; a refund follows where the bank took money',
        schema: OrderSummary,
      },
      409: { description: 'The order has failed, or is cancelled already' },
    },
  }),
};
