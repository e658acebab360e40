import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { orderCancelled, orderFailed, orderPaid } from '../../eventing/contracts/order.ts';
import { userSignedUp } from '../../eventing/contracts/user.ts';
import { clientOf } from '../../test/flow/support/client.ts';
import { deliver, eventOf } from '../../test/flow/support/events.ts';
import { createWorld, type FlowWorld } from '../../test/flow/support/world.ts';
import { startTestApp } from './testing.ts';

let world: FlowWorld;
let notifications: Awaited<ReturnType<typeof startTestApp>>;
let request: ReturnType<typeof clientOf>;

beforeAll(async () => {
  world = await createWorld();
  notifications = await startTestApp(world.of('notifications'));
  request = clientOf(notifications.app);
});
afterAll(async () => {
  await notifications?.close();
  await world?.close();
});

const send = (event: Parameters<typeof deliver>[1]) => deliver(notifications.app, event);
const newUser = async () => {
  const userId = uuidv7();
  const bearer = await world.identity.token({ sub: userId });
  const mails = async () => (await request('GET', '/?limit=100', { bearer })).body.items;
  return {
    userId,
    bearer,
    mails,
    signedUp: eventOf(userSignedUp, { userId, email: `${userId}@example.com` }),
  };
};
const paid = (userId: string, orderId = uuidv7()) =>
  eventOf(orderPaid, { orderId, userId, paymentId: uuidv7(), total: { amount: 1290, currency: 'EUR' } });
const failed = (userId: string, reason: string, orderId = uuidv7()) =>
  eventOf(orderFailed, { orderId, userId, reason });
const told = async (userId: string) =>
  (
    await notifications.database.sql`
      select event->'data' as data from events.outbox where event->'data'->>'userId' = ${userId} order by id`
  ).map(({ data }) => data);

describe('a mail', () => {
  test('of welcome goes to a new user, and is told of', async () => {
    const { userId, mails, signedUp } = await newUser();
    expect(await send(signedUp)).toBe(204);
    const [mail] = await mails();
    expect(mail).toEqual({
      id: expect.any(String),
      type: 'welcome',
      subject: 'Welcome to Kagari',
      sentAt: expect.stringMatching(/Z$/),
    });
    expect(await told(userId)).toEqual([{ notificationId: mail.id, userId, type: 'welcome' }]);
    const [row] = await notifications.database
      .sql`select recipient from notifications.mails where id = ${mail.id}`;
    expect(row?.recipient).toBe(`${userId}@example.com`);
  });

  test('about a paid order names it and its total', async () => {
    const { userId, mails, signedUp } = await newUser();
    await send(signedUp);
    const event = paid(userId);
    expect(await send(event)).toBe(204);
    const [mail] = await mails();
    expect(mail).toMatchObject({ type: 'order-paid', subject: `Your order ${event.subject} is paid` });
    const [row] = await notifications.database
      .sql`select body from notifications.mails where id = ${mail.id}`;
    expect(row?.body).toContain('EUR\u00a012.90');
    expect((await told(userId))[1]).toEqual({
      notificationId: mail.id,
      userId,
      type: 'order-paid',
      subject: event.subject,
    });
  });

  test.each([
    ['declined', 'Your bank declined the payment.'],
    ['deadline', 'The bank did not confirm the payment in time.'],
    ['something-new', 'The payment failed.'],
  ])('about an order that failed for %s says why', async (reason, sentence) => {
    const { userId, signedUp } = await newUser();
    await send(signedUp);
    const event = failed(userId, reason);
    expect(await send(event)).toBe(204);
    const [row] = await notifications.database.sql`
      select type, body from notifications.mails where about = ${event.subject ?? ''}`;
    expect(row?.type).toBe('order-failed');
    expect(row?.body).toContain(sentence);
  });

  test.each([
    ['was paid', { refund: { amount: 1290, currency: 'EUR' } }, 'We have your bank refund EUR\u00a012.90.'],
    ['was pending', {}, 'it is not taken, or refunded.'],
  ])('about a cancelled order that %s says what becomes of the money', async (_, more, sentence) => {
    const { userId, signedUp } = await newUser();
    await send(signedUp);
    const event = eventOf(orderCancelled, { orderId: uuidv7(), userId, ...more });
    expect([await send(event), await send({ ...event, id: uuidv7() })]).toEqual([204, 204]);
    const rows = await notifications.database.sql`
      select type, body from notifications.mails where about = ${event.subject ?? ''}`;
    expect(rows).toMatchObject([{ type: 'order-cancelled', body: expect.stringContaining(sentence) }]);
  });

  test('is sent once, however often and at once its cause is told, under the same id or others', async () => {
    const { userId, mails, signedUp } = await newUser();
    const again = { ...signedUp, id: uuidv7() };
    expect(await Promise.all([signedUp, signedUp, again].map(send))).toEqual([204, 204, 204]);
    const event = paid(userId);
    const events = [event, event, event, { ...event, id: uuidv7() }, { ...event, id: uuidv7() }];
    expect(await Promise.all(events.map(send))).toEqual([204, 204, 204, 204, 204]);
    expect((await mails()).map(({ type }: { type: string }) => type)).toEqual(['order-paid', 'welcome']);
    expect(await told(userId)).toHaveLength(2);
  });

  test('to a user whose contact is not known waits: 503, and sent when it is', async () => {
    const { userId, mails, signedUp } = await newUser();
    const event = paid(userId);
    expect(await send(event)).toBe(503);
    expect(await mails()).toEqual([]);
    await send(signedUp);
    expect(await send(event)).toBe(204);
    expect(await mails()).toHaveLength(2);
  });

  test.each([
    [
      'no address',
      {
        ...eventOf(userSignedUp, { userId: uuidv7(), email: 'a@example.com' }),
        data: { userId: uuidv7(), email: 'a' },
      },
    ],
    ['no reason', { ...failed(uuidv7(), 'x'), data: { orderId: uuidv7(), userId: uuidv7() } }],
  ])('of an event with %s is 422', async (_, event) => {
    expect(await send(event)).toBe(422);
  });
});

describe('the list', () => {
  test('has own mails only, newest first, page by page', async () => {
    const { userId, bearer, signedUp } = await newUser();
    await send(signedUp);
    const orderIds = [uuidv7(), uuidv7(), uuidv7(), uuidv7()];
    for (const orderId of orderIds) await send(failed(userId, 'declined', orderId));
    const subjects: string[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await request('GET', `/?limit=2${cursor}`, { bearer });
      subjects.push(...body.items.map(({ subject }: { subject: string }) => subject));
      if (body.nextCursor === null) break;
      cursor = `&cursor=${body.nextCursor}`;
    }
    expect(subjects).toEqual([
      ...orderIds.reverse().map((id) => `Your order ${id} could not be paid`),
      'Welcome to Kagari',
    ]);
    const stranger = await newUser();
    expect((await request('GET', '/', { bearer: stranger.bearer })).body).toEqual({
      items: [],
      nextCursor: null,
    });
  });

  test.each(['limit=0', 'limit=101', 'cursor=x', 'type=welcome'])('refuses ?%s', async (query) => {
    const { bearer } = await newUser();
    expect((await request('GET', `/?${query}`, { bearer })).status).toBe(422);
  });
});
