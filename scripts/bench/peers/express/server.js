// POST /orders as a team would write it with Express 5 and pg: the same checks, the same rows.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import express from 'express';
import { createLocalJWKSet, jwtVerify } from 'jose';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import * as z from 'zod';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 8 });
const keys = createLocalJWKSet(JSON.parse(readFileSync(process.env.JWKS_FILE, 'utf8')));
const NewOrder = z.strictObject({
  items: z
    .array(z.strictObject({ sku: z.string().min(1).max(64), quantity: z.int().min(1).max(1000) }))
    .min(1)
    .max(100),
  currency: z.string().regex(/^[A-Z]{3}$/),
  paymentToken: z.string().regex(/^tok_\w{1,60}$/),
});
const Key = z.string().min(1).max(255);

let catalog = new Map();
let readAt = 0;
const products = async () => {
  if (Date.now() - readAt > 10_000) {
    const { rows } = await pool.query('select sku, amount, currency from orders.products');
    catalog = new Map(rows.map((row) => [row.sku, { amount: Number(row.amount), currency: row.currency }]));
    readAt = Date.now();
  }
  return catalog;
};

const refuse = (response, status, code, detail) =>
  response.status(status).type('application/problem+json').send({ title: code, status, detail, code });

const app = express();
app.disable('x-powered-by');
app.use(express.json({ limit: '1mb' }));

const authenticate = async (request, response, next) => {
  const token = /^bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  try {
    const { payload } = await jwtVerify(token ?? '', keys, {
      algorithms: ['EdDSA'],
      audience: 'kagari',
      issuer: 'kagari/auth',
      requiredClaims: ['sub', 'exp'],
    });
    request.userId = payload.sub;
    next();
  } catch {
    response.set('www-authenticate', 'Bearer');
    refuse(response, 401, 'unauthenticated', 'The token is not valid here.');
  }
};

const q = (name, text) => ({ name, text });
const insertKey = q(
  'key',
  `insert into orders.idempotency_keys (user_id, key, fingerprint, order_id)
  values ($1, $2, $3, $4) on conflict do nothing`,
);
const insertOrder = q(
  'order',
  `insert into orders.orders (id, user_id, items, amount, currency)
  values ($1, $2, $3, $4, $5) returning created_at`,
);
const insertStep = q('step', `insert into orders.history (order_id, status) values ($1, 'pending')`);
const insertEvent = q(
  'event',
  `insert into events.outbox (id, event, subject, type, partition_key)
  values ($1, $2, $3, 'dev.kagari.order.placed.v1', $3)`,
);
const findKnown = q(
  'known',
  `select fingerprint, id, amount, currency, created_at
  from orders.idempotency_keys k join orders.orders on id = k.order_id where k.user_id = $1 and k.key = $2`,
);

app.post('/', authenticate, async (request, response) => {
  const key = Key.safeParse(request.headers['idempotency-key']);
  const parsed = NewOrder.safeParse(request.body);
  if (!key.success || !parsed.success)
    return refuse(response, 422, 'invalid', (parsed.error ?? key.error).message);
  const order = parsed.data;
  const known = await products();
  const items = [];
  for (const { sku, quantity } of order.items) {
    const product = known.get(sku);
    if (!product || product.currency !== order.currency)
      return refuse(response, 422, 'invalid', `${sku} cannot be had`);
    items.push({ sku, quantity, unitAmount: product.amount });
  }
  const total = {
    amount: items.reduce((sum, item) => sum + item.quantity * item.unitAmount, 0),
    currency: order.currency,
  };
  const fingerprint = createHash('sha256').update(JSON.stringify(order)).digest();
  const { userId } = request;
  const id = uuidv7();
  const client = await pool.connect();
  try {
    await client.query('begin');
    const claimed = await client.query({ ...insertKey, values: [userId, key.data, fingerprint, id] });
    if (claimed.rowCount === 0) {
      const { rows } = await client.query({ ...findKnown, values: [userId, key.data] });
      await client.query('rollback');
      if (!rows[0]?.fingerprint.equals(fingerprint))
        return refuse(response, 422, 'key-reused', 'Another request had this key.');
      const { id: placed, amount, currency, created_at } = rows[0];
      return response
        .status(201)
        .set({ location: `/orders/${placed}`, 'idempotent-replayed': 'true' })
        .send({
          id: placed,
          status: 'pending',
          total: { amount: Number(amount), currency },
          createdAt: created_at.toISOString(),
        });
    }
    const { rows } = await client.query({
      ...insertOrder,
      values: [id, userId, JSON.stringify(items), total.amount, total.currency],
    });
    await client.query({ ...insertStep, values: [id] });
    const eventId = uuidv7();
    const event = {
      specversion: '1.0',
      id: eventId,
      source: '/orders',
      type: 'dev.kagari.order.placed.v1',
      subject: id,
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      partitionkey: id,
      data: { orderId: id, userId, items, total, paymentToken: order.paymentToken },
    };
    await client.query({ ...insertEvent, values: [eventId, JSON.stringify(event), id] });
    await client.query('commit');
    response
      .status(201)
      .set('location', `/orders/${id}`)
      .send({ id, status: 'pending', total, createdAt: rows[0].created_at.toISOString() });
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  } finally {
    client.release();
  }
});

app.listen(Number(process.env.PORT), '127.0.0.1');
