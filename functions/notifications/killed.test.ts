import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import postgres, { type Sql } from 'postgres';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { userSignedUp } from '../../eventing/contracts/user.ts';
import { binaryMode } from '../../eventing/outbox/binary-mode.ts';
import { eventOf } from '../../test/flow/support/events.ts';
import { type Script, startSmtpServer } from '../../test/flow/support/smtp.ts';
import { createWorld, type FlowWorld } from '../../test/flow/support/world.ts';
import { freePort } from '../../test/support/platform.ts';

let world: FlowWorld;
let admin: Sql;
const closing: (() => unknown)[] = [];

beforeAll(async () => {
  world = await createWorld();
  admin = postgres(world.database.adminUrl, { max: 2, fetch_types: false });
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await admin`delete from notifications.mails`;
});
afterAll(async () => {
  await admin?.end();
  await world?.close();
});

/** The function as its own process, that dies and starts again at the same address. */
const startProcess = async (smtpUrl: string) => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess;
  const start = async () => {
    child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
      env: {
        PORT: String(port),
        HOST: '127.0.0.1',
        DATABASE_URL: world.database.url('notifications'),
        K_SINK: world.sink.url.href,
        JWKS_FILE: '/nowhere/jwks.json',
        SMTP_URL: smtpUrl,
        MAIL_FROM: 'no-reply@shop.example',
        LOG_LEVEL: 'silent',
      },
      stdio: 'ignore',
    });
    const live = () =>
      fetch(`${url}/live`)
        .then(({ ok }) => ok)
        .catch(() => false);
    await expect.poll(live, { timeout: 30_000 }).toBe(true);
  };
  const kill = async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
    // Its last statements may still be at work in the server.
    await expect.poll(sessions, { timeout: 30_000 }).toBe(0);
  };
  closing.push(() => child.kill('SIGKILL'));
  await start();
  return {
    start,
    kill,
    async signUp(userId = uuidv7()) {
      const event = eventOf(userSignedUp, { userId, email: `${userId}@example.com` }, { id: userId });
      const { headers, body } = binaryMode(event);
      const answer = await fetch(`${url}/_events`, { method: 'POST', headers, body: new Uint8Array(body) });
      expect(answer.status).toBe(204);
      return userId;
    },
  };
};
const startServer = async (script?: Script) => {
  const server = await startSmtpServer(script);
  closing.push(server.close);
  return server;
};
const sessions = async () =>
  (
    await admin`select 1 from pg_stat_activity where application_name = 'notifications' and datname = current_database()`
  ).length;
const waiting = async () => (await admin`select 1 from notifications.mails where state = 'pending'`).length;
/** As if the time had passed for which a dead process still has its mails; what it asked last may still be under way. */
const endLeases = async () => {
  const sessions = () => admin`
    select 1 from pg_stat_activity where datname = current_database() and usename like '%notifications'`;
  await expect.poll(async () => (await sessions()).length, { timeout: 30_000 }).toBe(0);
  await admin`update notifications.mails set due_at = now() where state = 'pending'`;
};

test('killed before the server has the mail, it is sent once by the next process', async () => {
  let killed: Promise<void> | undefined;
  const server = await startServer({
    // The server has heard the recipient, and never gets the content.
    recipient: (n) => {
      if (n > 0) return undefined;
      killed = notifications.kill();
      return 'say nothing';
    },
  });
  const notifications = await startProcess(server.url);
  await notifications.signUp();
  await expect.poll(() => killed !== undefined, { timeout: 30_000 }).toBe(true);
  await killed;
  expect([server.taken.length, await waiting()]).toEqual([0, 1]);
  await endLeases();
  await notifications.start();
  await expect.poll(waiting, { timeout: 30_000 }).toBe(0);
  expect(server.taken).toHaveLength(1);
}, 90_000);

test('killed after the server has the mail and before it is noted, it comes twice, under one Message-ID', async () => {
  let killed: Promise<void> | undefined;
  const server = await startServer({
    data: (n) => {
      if (n > 0) return undefined;
      killed = notifications.kill();
      return 'hang up';
    },
  });
  const notifications = await startProcess(server.url);
  await notifications.signUp();
  await expect.poll(() => killed !== undefined, { timeout: 30_000 }).toBe(true);
  await killed;
  await endLeases();
  await notifications.start();
  await expect.poll(waiting, { timeout: 30_000 }).toBe(0);
  expect(server.taken).toHaveLength(2);
  expect(new Set(server.taken.map(({ messageId }) => messageId)).size).toBe(1);
  expect(server.taken[1]?.raw).toBe(server.taken[0]?.raw);
}, 90_000);

const sentTo = async (users: string[]): Promise<string[]> => {
  const sent = await admin<{ id: string }[]>`
    select id from notifications.mails where state = 'sent' and user_id in ${admin(users)}`;
  return sent.map(({ id }) => id);
};

test('killed at any moment, no mail is lost, and none comes twice that was noted before', async () => {
  const server = await startServer();
  const notifications = await startProcess(server.url);
  const noted: string[] = [];
  const kills = [0, 5, 15, 40];
  for (const afterMs of kills) {
    const users = Array.from({ length: 20 }, () => uuidv7());
    // Whoever is not answered is told again, as a broker does.
    const told = users.map((userId) => notifications.signUp(userId).catch(() => userId));
    const first = server.taken.length;
    await expect.poll(() => server.taken.length, { timeout: 30_000, interval: 5 }).toBeGreaterThan(first);
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    if (afterMs === kills.at(-1)) await expect.poll(() => sentTo(users), { timeout: 30_000 }).not.toEqual([]);
    await notifications.kill();
    await Promise.all(told);
    noted.push(...(await sentTo(users)));
    await endLeases();
    await notifications.start();
    for (const userId of users) await notifications.signUp(userId);
    await expect.poll(waiting, { timeout: 30_000 }).toBe(0);
  }
  const times = new Map<string, number>();
  for (const { messageId } of server.taken) times.set(messageId, (times.get(messageId) ?? 0) + 1);
  expect(times.size).toBe(kills.length * 20);
  for (const id of noted) expect(times.get(`<${id}@shop.example>`)).toBe(1);
  expect(server.taken.length - times.size).toBeLessThanOrEqual(kills.length * inHand);
}, 180_000);

/** Mails that a process has on their way at once: as many may come twice when it dies. */
const inHand = 10;
