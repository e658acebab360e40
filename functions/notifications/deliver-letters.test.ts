import postgres, { type Sql } from 'postgres';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { userSignedUp } from '../../eventing/contracts/user.ts';
import { clientOf } from '../../test/flow/support/client.ts';
import { deliver, eventOf } from '../../test/flow/support/events.ts';
import { type Script, startSmtpServer } from '../../test/flow/support/smtp.ts';
import { createWorld, type FlowWorld } from '../../test/flow/support/world.ts';
import { startTestApp, type TestNotifications } from './testing.ts';

let world: FlowWorld;
let admin: Sql;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  world = await createWorld();
  admin = postgres(world.database.adminUrl, { max: 1, onnotice: () => {} });
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  // What one test leaves to be sent, the next one would send.
  await admin`delete from notifications.mails`;
});
afterAll(async () => {
  await admin?.end();
  await world?.close();
});

const startServer = async (script?: Script) => {
  const server = await startSmtpServer(script);
  closing.push(server.close);
  return server;
};
const start = async (url: string, options: Omit<TestNotifications, 'smtp'> = {}) => {
  const smtp = { url, from: 'no-reply@shop.example' };
  const notifications = await startTestApp(world.of('notifications'), { smtp, firstRetryMs: 50, ...options });
  closing.push(notifications.close);
  const { sql } = notifications.database;
  return {
    ...notifications,
    /** A user who signs up, and so is welcomed. */
    async welcome() {
      const userId = uuidv7();
      const bearer = await world.identity.token({ sub: userId });
      const event = eventOf(userSignedUp, { userId, email: `${userId}@example.com` });
      expect(await deliver(notifications.app, event)).toBe(204);
      return {
        userId,
        event,
        row: async () =>
          (
            await sql`
            select id, state, attempts, reply, due_at from notifications.mails where user_id = ${userId}`
          )[0],
        told: async () =>
          (await sql`select 1 from events.outbox where event->'data'->>'userId' = ${userId}`).length,
        shown: async () => (await clientOf(notifications.app)('GET', '/', { bearer })).body.items,
      };
    },
    ping: () =>
      deliver(notifications.app, { ...eventOf(userSignedUp, someUser), type: 'dev.knative.sources.ping' }),
    endLeases: () => sql`update notifications.mails set due_at = now() where state = 'pending'`,
  };
};
const someUser = { userId: uuidv7(), email: 'a@example.com' };
const patience = { timeout: 15_000 };

describe('a mail', () => {
  test('is sent as soon as its cause is committed, then shown, told of, and never sent again', async () => {
    const server = await startServer();
    const { app, welcome, ping } = await start(server.url);
    const { userId, event, row, told, shown } = await welcome();
    await expect.poll(row, patience).toMatchObject({ state: 'sent', attempts: 1 });
    const { id, reply } = (await row()) ?? {};
    expect(reply).toMatch(/^250 /);
    expect(server.taken).toMatchObject([
      { to: [`${userId}@example.com`], messageId: `<${id}@shop.example>` },
    ]);
    expect([await told(), (await shown()).length]).toEqual([1, 1]);
    for (const again of [event, { ...event, id: uuidv7() }]) expect(await deliver(app, again)).toBe(204);
    expect(await ping()).toBe(204);
    const later = await welcome();
    await expect.poll(later.told, patience).toBe(1);
    expect(server.taken).toHaveLength(2);
  });

  test('is tried again with growing pauses while the server has no time, and told of once, when it is sent', async () => {
    const replies = [{ code: 451 }, 'hang up', { code: 421 }] as const;
    const tries: number[] = [];
    const server = await startServer({
      sender(n) {
        tries.push(Date.now());
        return replies[n];
      },
    });
    const { welcome } = await start(server.url);
    const { row, told, shown } = await welcome();
    await expect.poll(() => tries.length, patience).toBeGreaterThan(1);
    expect([await told(), await shown()]).toEqual([0, []]);
    await expect.poll(row, patience).toMatchObject({ state: 'sent', attempts: 4 });
    const pauses = tries.slice(1).map((at, i) => at - (tries[i] ?? 0));
    for (const [i, least] of [50, 100, 200].entries()) expect(pauses[i]).toBeGreaterThanOrEqual(least - 5);
    expect([server.taken.length, await told(), (await shown()).length]).toEqual([1, 1, 1]);
  });

  test('is tried again while nobody is there, and sent when somebody is', async () => {
    const server = await startServer();
    await server.close();
    const { welcome } = await start(server.url);
    const { row } = await welcome();
    await expect.poll(row, patience).toMatchObject({ state: 'pending', attempts: 3 });
    expect((await row())?.reply).toContain('ECONNREFUSED');
  });

  test('that the server refuses for good is kept with its reason, and neither tried again nor told of', async () => {
    const server = await startServer({ recipient: () => ({ code: 550, text: 'no such user' }) });
    const { welcome, ping } = await start(server.url);
    const { row, told, shown } = await welcome();
    await expect.poll(row, patience).toMatchObject({ state: 'refused', attempts: 1 });
    expect((await row())?.reply).toContain('550 no such user');
    await ping();
    const later = await welcome();
    await expect.poll(later.row, patience).toMatchObject({ state: 'refused' });
    expect([server.begun(), await told(), await shown()]).toEqual([2, 0, []]);
  });

  test('that nobody took in time is given up, with the last reason', async () => {
    const server = await startServer({ data: () => ({ code: 452, text: 'no room' }) });
    const { welcome } = await start(server.url, { giveUpAfterMs: 200 });
    const { row, told } = await welcome();
    await expect.poll(row, patience).toMatchObject({ state: 'abandoned' });
    expect((await row())?.reply).toContain('452 no room');
    expect(await told()).toBe(0);
  });

  test('to a server that hangs does not keep others waiting', async () => {
    const server = await startServer({ data: (n) => (n === 0 ? 'say nothing' : undefined) });
    const { welcome } = await start(server.url, { timeoutMs: 3_000 });
    const hung = await welcome();
    const other = await welcome();
    await expect.poll(other.row, patience).toMatchObject({ state: 'sent' });
    expect(await hung.row()).toMatchObject({ state: 'pending', attempts: 1 });
    await expect.poll(hung.row, patience).toMatchObject({ state: 'sent', attempts: 2 });
    expect(server.taken).toHaveLength(2);
  });

  test('whose success could not be noted is not sent again by who knows of it', async () => {
    const server = await startServer();
    const { welcome, endLeases, ping } = await start(server.url);
    await admin`
      create function notifications.refuse() returns trigger language plpgsql as
      $$ begin raise exception 'not now'; end $$`;
    await admin`
      create trigger refuse before update on notifications.mails for each row
      when (new.state = 'sent') execute function notifications.refuse()`;
    const { row, told } = await welcome();
    await expect.poll(() => server.taken.length, patience).toBe(1);
    expect(await row()).toMatchObject({ state: 'pending' });
    await admin`drop function notifications.refuse cascade`;
    await expect
      .poll(async () => {
        await endLeases();
        await ping();
        return row();
      }, patience)
      .toMatchObject({ state: 'sent' });
    expect([server.taken.length, await told()]).toEqual([1, 1]);
  });

  test('is sent once by several processes that start at once', async () => {
    const server = await startServer();
    await server.close();
    const before = await start(server.url, { firstRetryMs: 60_000 });
    const mails = await Promise.all(Array.from({ length: 12 }, before.welcome));
    for (const { row } of mails)
      await expect.poll(row, patience).toMatchObject({ reply: expect.stringContaining('ECONNREFUSED') });
    await before.endLeases();
    const open = await startServer({
      data: async () => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        return undefined;
      },
    });
    const processes = await Promise.all([1, 2, 3].map(() => start(open.url)));
    for (const { row } of mails) await expect.poll(row, patience).toMatchObject({ state: 'sent' });
    expect(new Set(open.taken.map(({ messageId }) => messageId)).size).toBe(12);
    expect(open.taken).toHaveLength(12);
    expect(processes).toHaveLength(3);
  });
});
