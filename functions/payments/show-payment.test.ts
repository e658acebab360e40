import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientOf } from '../../test/flow/support/client.ts';
import { startPaymentsAndBank } from '../../test/flow/support/payments-and-bank.ts';
import { createWorld, type FlowWorld } from '../../test/flow/support/world.ts';
import { startTestApp } from './testing.ts';

let world: FlowWorld;
let both: Awaited<ReturnType<typeof startPaymentsAndBank>>;
let own: { bearer: string; orderId: string; paymentId: string };

beforeAll(async () => {
  world = await createWorld();
  both = await startPaymentsAndBank(world);
  const order = await both.newOrder('tok_ok');
  await order.deliver();
  const [paymentId = ''] = await both.paymentsOf(order.orderId);
  own = { ...order, paymentId };
});
afterAll(async () => {
  await both?.close();
  await world?.close();
});

const status = (query: string, bearer = own.bearer) => both.request('GET', `/status${query}`, { bearer });

describe('GET /status', () => {
  test('shows an own payment by its id and by its order, with captures as the bank counts them', async () => {
    const { paymentId, orderId } = own;
    const byPayment = await status(`?paymentId=${paymentId}`);
    expect([byPayment.status, byPayment.body]).toEqual([
      200,
      {
        paymentId,
        orderId,
        status: 'initiated',
        captures: 1,
        history: [{ status: 'initiated', at: expect.stringMatching(/Z$/) }],
      },
    ]);
    expect((await status(`?orderId=${orderId}`)).body).toEqual(byPayment.body);
  });

  test('of what is not yours, does not exist or is no id is the same 404', async () => {
    const stranger = await world.identity.token({ sub: uuidv7() });
    const answers = await Promise.all([
      status(`?paymentId=${own.paymentId}`, stranger),
      status(`?orderId=${own.orderId}`, stranger),
      status(`?paymentId=${uuidv7()}`),
      status(`?orderId=${own.paymentId}`),
      status('?orderId=nonsense'),
      status('?paymentId='),
    ]);
    for (const { status: code, body } of answers) expect([code, body]).toEqual([404, answers[0]?.body]);
  });

  test.each(['', '?paymentId=a&orderId=b', '?id=1', '?orderId=a&x=1'])('with "%s" is 422', async (query) => {
    expect((await status(query)).status).toBe(422);
  });

  test('while the bank is down is 503 with Retry-After, and says nothing of why', async () => {
    const alone = await startTestApp(world.of('payments'));
    const answer = await clientOf(alone.app)('GET', `/status?orderId=${own.orderId}`, { bearer: own.bearer });
    await alone.close();
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(JSON.stringify(answer.body)).not.toMatch(/127\.0\.0\.1|ECONN|fetch/);
  });
});
