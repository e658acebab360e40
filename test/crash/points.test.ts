import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Customer, signUpCustomer } from '../../scripts/demo/customer.ts';
import { databaseOf, type Platform, removeHome, startPlatform, waitUntil } from '../support/platform.ts';
import { effectsOf, paidOnce } from './effects.ts';
import { type Hold, holdBy } from './hold.ts';
import { persist, placeUntilAcknowledged } from './persistent-customer.ts';

type Victim = 'orders' | 'payments' | 'bank' | 'notifications' | 'runtime' | 'postgres';

/** Where the flow is held, who waits there (anybody where nobody is named), and who is killed then. */
const points: { name: string; hold: string; at?: string; victim: Victim }[] = [
  {
    name: 'before the order is committed',
    hold: 'lock table events.outbox in share mode',
    at: 'orders',
    victim: 'orders',
  },
  {
    name: 'the order committed, before it is published',
    hold: 'lock table log.partitions in exclusive mode',
    victim: 'orders',
  },
  {
    name: 'the order committed, before the broker has stored it',
    hold: 'lock table log.partitions in exclusive mode',
    victim: 'runtime',
  },
  {
    name: 'delivered, before the payment is committed',
    hold: 'lock table payments.payments in share mode',
    at: 'payments',
    victim: 'payments',
  },
  {
    name: 'before the bank has committed the charge',
    hold: 'lock table bank.charges in share mode',
    at: 'bank',
    victim: 'bank',
  },
  {
    name: 'charged, before payments has committed that',
    hold: 'lock table events.inbox in share mode',
    at: 'payments',
    victim: 'payments',
  },
  {
    name: 'handled and committed, before the delivery is answered',
    hold: 'lock table events.attempts in share mode',
    at: 'payments',
    victim: 'payments',
  },
  {
    name: 'delivered and answered, before the offset is committed',
    hold: 'lock table log.claims in share mode',
    victim: 'runtime',
  },
  {
    name: 'the webhook sent, before it is committed',
    hold: 'lock table payments.webhooks in share mode',
    at: 'payments',
    victim: 'bank',
  },
  {
    name: 'the webhook received, before it is committed',
    hold: 'lock table payments.webhooks in share mode',
    at: 'payments',
    victim: 'payments',
  },
  {
    name: 'before the mail is committed',
    hold: 'lock table notifications.mails in share mode',
    at: 'notifications',
    victim: 'notifications',
  },
  {
    name: 'everything at once with the database',
    hold: 'lock table notifications.mails in share mode',
    at: 'notifications',
    victim: 'postgres',
  },
];

describe('kill -9 at chosen points: nothing acknowledged is lost, every effect happens once', () => {
  let platform: Platform;
  let customer: Customer;
  let url: string;

  beforeAll(async () => {
    platform = await startPlatform();
    url = await databaseOf(platform.home);
    customer = await signUpCustomer(platform.base);
    // Everything has run once: what is killed below is a process at work.
    const first = await placeUntilAcknowledged(customer);
    await waitUntil(
      'the first order to be paid',
      20_000,
      async () => (await effectsOf(url, first)).mails === 1,
    );
  });
  afterAll(async () => {
    await platform?.end('SIGTERM');
    if (platform) await removeHome(platform.home);
  });

  const kill = async (victim: Victim) => {
    if (victim === 'runtime') {
      await platform.end('SIGKILL');
      return;
    }
    const pids = victim === 'postgres' ? [await platform.postgresPid()] : await platform.pods(victim);
    expect(pids.length, `processes of ${victim}`).toBeGreaterThan(0);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
  };

  const comeBack = async (victim: Victim) => {
    if (victim !== 'runtime') return;
    platform = await startPlatform(platform);
    url = await databaseOf(platform.home);
  };

  const endsPaidOnce = async (orderId: string) => {
    await waitUntil(`${orderId} to be paid and told`, 40_000, async () => {
      const { status, mails } = await persist(() => effectsOf(url, orderId));
      return status === 'paid' && mails > 0;
    });
    await expect.poll(() => effectsOf(url, orderId), { timeout: 15_000 }).toEqual(paidOnce);
  };

  it.each(points)(
    '$name: $victim',
    async ({ hold, at, victim }) => {
      const held = await holdBy(url, hold);
      const placing = placeUntilAcknowledged(customer);
      await killAt(held, victim, at);
      await endsPaidOnce(await placing);
    },
    120_000,
  );

  it('published, before the outbox is marked: orders', async () => {
    const publishing = await holdBy(url, 'lock table log.partitions in exclusive mode');
    const placing = placeUntilAcknowledged(customer);
    await publishing.reached();
    const marking = await holdBy(url, 'select id from events.outbox where published_at is null for update');
    await publishing.release();
    await killAt(marking, 'orders');
    await endsPaidOnce(await placing);
  }, 120_000);

  const killAt = async (held: Hold, victim: Victim, at?: string) => {
    try {
      await held.reached(at);
      await kill(victim);
    } finally {
      await held.release();
    }
    await comeBack(victim);
  };
});
