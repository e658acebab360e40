import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from './support/until.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

describe('from the order to the mail', () => {
  it('settles every kind of payment once, and tells the customer once', async () => {
    const customer = await world.shop.signUp();
    const expected = {
      tok_ok: 'paid',
      tok_declined: 'failed',
      tok_late: 'paid',
      tok_duplicate: 'paid',
    };
    const orders = await Promise.all(
      Object.entries(expected).map(async ([token, status]) => ({ id: await customer.place(token), status })),
    );
    for (const { id, status } of orders) {
      const order = await customer.settled(id);
      expect(order.history.map((step) => step.status)).toEqual(['pending', status]);
      expect(await customer.payment(id)).toMatchObject({ captures: status === 'paid' ? 1 : 0 });
    }
    const mails = await until('all mails are there', async () => {
      const types = (await customer.mails()).map(({ type }) => type).sort();
      return types.length >= 5 && types;
    });
    expect(mails).toEqual(['order-failed', 'order-paid', 'order-paid', 'order-paid', 'welcome']);
  });

  it("shows nobody another's order", async () => {
    const [one, other] = await Promise.all([world.shop.signUp(), world.shop.signUp()]);
    const id = await one.place();
    await expect(other.order(id)).rejects.toThrow('404');
  });

  it('hides what is cluster-local, events and metrics from outside', async () => {
    const { web, shop, hostOf } = world;
    for (const name of ['orders', 'payments', 'bank', 'deadletters']) {
      const { status, text } = await web.send(hostOf(name), '/info');
      expect([name, status === 404 || !text.includes(`"service":"${name}"`)]).toEqual([name, true]);
    }
    for (const path of ['/orders/_events', '/_events', '/bank/charges'])
      expect([path, (await shop.at(path, { body: {} })).status]).toEqual([path, 404]);
    for (const path of ['/metrics', '/orders/metrics', '/orders/_metrics'])
      expect([path, (await shop.at(path)).status]).toEqual([path, 404]);
  });
});
