import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientOf } from '../../test/flow/support/client.ts';
import { createWorld, type FlowWorld } from '../../test/flow/support/world.ts';
import { startTestApp } from './testing.ts';

let world: FlowWorld;
let bank: Awaited<ReturnType<typeof startTestApp>>;
let request: ReturnType<typeof clientOf>;

beforeAll(async () => {
  world = await createWorld();
  bank = await startTestApp(world.of('bank'));
  request = clientOf(bank.app);
});
afterAll(async () => {
  await bank?.close();
  await world?.close();
});

const charge = (token: string, more: object = {}) => ({
  paymentId: uuidv7(),
  amount: 1290,
  currency: 'EUR',
  token,
  ...more,
});
const create = (body: object) => request('POST', '/charges', { body });
const show = (paymentId: string) => request('GET', `/charges/${paymentId}`);
const cancel = (paymentId: string) => request('POST', `/charges/${paymentId}/cancel`);
const refund = (paymentId: string) => request('POST', `/charges/${paymentId}/refund`);
const webhooksOf = async (paymentId: string) =>
  (await bank.database.sql`select webhook_id, type from bank.webhooks where payment_id = ${paymentId}`).map(
    ({ webhook_id, type }) => ({ webhook_id, type }),
  );

describe('a charge', () => {
  test.each([
    ['tok_ok', { status: 'captured', captures: 1, reason: null }, ['charge.captured']],
    [
      'tok_duplicate',
      { status: 'captured', captures: 1, reason: null },
      ['charge.captured', 'charge.captured'],
    ],
    ['tok_declined', { status: 'failed', captures: 0, reason: 'declined' }, ['charge.failed']],
    ['tok_of_nobody', { status: 'failed', captures: 0, reason: 'unknown-token' }, ['charge.failed']],
    ['tok_late', { status: 'pending', captures: 0, reason: null }, []],
    ['tok_silent', { status: 'pending', captures: 0, reason: null }, []],
  ])('with %s', async (token, state, types) => {
    const body = charge(token);
    const created = await create(body);
    expect([created.status, created.body]).toEqual([
      201,
      { paymentId: body.paymentId, refunds: 0, ...state },
    ]);
    expect((await show(body.paymentId)).body).toEqual(created.body);
    const webhooks = await webhooksOf(body.paymentId);
    expect(webhooks.map(({ type }) => type)).toEqual(types);
    expect(new Set(webhooks.map(({ webhook_id }) => webhook_id)).size).toBe(Math.min(types.length, 1));
  });

  test('asked for again, also at once, is made once', async () => {
    const body = charge('tok_ok');
    const answers = await Promise.all(Array.from({ length: 10 }, () => create(body)));
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array(9).fill(200), 201]);
    expect(answers.every((answer) => answer.body.captures === 1)).toBe(true);
    expect((await show(body.paymentId)).body.captures).toBe(1);
    expect(await webhooksOf(body.paymentId)).toHaveLength(1);
  });

  test.each([
    ['amount', { amount: 1 }],
    ['currency', { currency: 'JPY' }],
    ['token', { token: 'tok_late' }],
  ])('asked for again with another %s is 409', async (_, other) => {
    const body = charge('tok_ok');
    const { body: first } = await create(body);
    const second = await create({ ...body, ...other });
    expect([second.status, second.body.code]).toEqual([409, 'other-charge']);
    expect((await show(body.paymentId)).body).toEqual(first);
  });

  test.each([
    ['no amount', { amount: undefined }, '#/amount'],
    ['an amount of 0', { amount: 0 }, '#/amount'],
    ['a paymentId that is none', { paymentId: 'x' }, '#/paymentId'],
    ['an unknown field', { tip: 1 }, '#/tip'],
  ])('with %s is 422', async (_, wrong, pointer) => {
    const { status, body } = await create(charge('tok_ok', wrong));
    expect([status, body.errors[0].pointer]).toEqual([422, pointer]);
  });

  test('that nobody asked for is 404', async () => {
    expect((await show(uuidv7())).status).toBe(404);
    expect((await show('nonsense')).status).toBe(404);
  });
});

describe('a cancellation', () => {
  test.each(['tok_silent', 'tok_late'])('ends a pending charge with %s', async (token) => {
    const body = charge(token);
    await create(body);
    const cancelled = {
      paymentId: body.paymentId,
      status: 'cancelled',
      captures: 0,
      refunds: 0,
      reason: null,
    };
    expect((await cancel(body.paymentId)).body).toEqual(cancelled);
    expect((await cancel(body.paymentId)).body).toEqual(cancelled);
    expect((await show(body.paymentId)).body).toEqual(cancelled);
  });

  test.each([
    ['tok_ok', 'captured'],
    ['tok_declined', 'failed'],
  ])('of a charge with %s comes too late', async (token, status) => {
    const body = charge(token);
    await create(body);
    expect((await cancel(body.paymentId)).body.status).toBe(status);
  });

  test('before the charge keeps it from ever being made', async () => {
    const body = charge('tok_ok');
    expect((await cancel(body.paymentId)).body).toMatchObject({ status: 'cancelled', captures: 0 });
    const created = await create(body);
    expect([created.status, created.body.status, created.body.captures]).toEqual([200, 'cancelled', 0]);
    expect(await webhooksOf(body.paymentId)).toEqual([]);
  });

  test('and a request at once have one outcome', async () => {
    for (let i = 0; i < 20; i++) {
      const body = charge('tok_ok');
      const [created, cancelled] = await Promise.all([create(body), cancel(body.paymentId)]);
      const { status, captures } = (await show(body.paymentId)).body;
      expect([created.body.status, cancelled.body.status]).toEqual([status, status]);
      expect(captures).toBe(status === 'captured' ? 1 : 0);
    }
  });
});

describe('a refund', () => {
  test('gives back what was captured, once, whoever asks at the same time', async () => {
    const body = charge('tok_ok');
    await create(body);
    const answers = await Promise.all(Array.from({ length: 5 }, () => refund(body.paymentId)));
    const refunded = { paymentId: body.paymentId, status: 'refunded', captures: 1, refunds: 1, reason: null };
    for (const answer of answers) expect([answer.status, answer.body]).toEqual([200, refunded]);
    expect((await create(body)).body).toEqual(refunded);
    expect((await cancel(body.paymentId)).body).toEqual(refunded);
    expect(await webhooksOf(body.paymentId)).toHaveLength(1);
  });

  test.each(['tok_declined', 'tok_silent'])('of a charge with %s is 409', async (token) => {
    const body = charge(token);
    const before = (await create(body)).body;
    const { status, body: problem } = await refund(body.paymentId);
    expect([status, problem.code]).toEqual([409, 'nothing-captured']);
    expect((await show(body.paymentId)).body).toEqual(before);
  });

  test('of a charge that is not there is 404', async () => {
    expect((await refund(uuidv7())).status).toBe(404);
  });
});
