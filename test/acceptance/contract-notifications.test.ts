import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerOf, problemOf, utc, uuid7 } from './support/problem.ts';
import { until } from './support/until.ts';
import { openWorld, type World } from './support/world.ts';

interface Page {
  items: { id: string; type: string; subject: string; sentAt: string }[];
  nextCursor: string | null;
}

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

type Customer = Awaited<ReturnType<World['shop']['signUp']>>;
const list = ({ bearer }: Customer, query = '') =>
  world.shop.at(`/notifications/${query}`, { headers: bearer });
const mails = async (customer: Customer, count: number) =>
  until(`${count} mails`, async () => {
    const { items } = answerOf<Page>(await list(customer, '?limit=100'));
    return items.length >= count && items;
  });

describe('own mails', () => {
  it('are of every type, each about what it names, newest first and page by page', async () => {
    const customer = await world.shop.signUp();
    await mails(customer, 1);
    const failed = await customer.place('tok_declined');
    await mails(customer, 2);
    const paid = await customer.paid();
    const before = (await mails(customer, 3)).length;
    const cancelled = await world.shop.at(`/orders/${paid}/cancel`, {
      method: 'POST',
      headers: customer.bearer,
    });
    expect(cancelled.status).toBe(202);
    const all = await mails(customer, before + 1);
    for (const mail of all)
      expect(mail).toEqual({
        id: expect.stringMatching(uuid7),
        type: expect.stringMatching(/^(welcome|order-paid|order-failed|order-cancelled)$/),
        subject: expect.stringMatching(/./),
        sentAt: expect.stringMatching(utc),
      });
    const told = all.map(({ type, subject }) => [type, [paid, failed].find((id) => subject.includes(id))]);
    expect(told).toEqual(
      expect.arrayContaining([
        ['order-cancelled', paid],
        ['order-paid', paid],
        ['order-failed', failed],
        ['welcome', undefined],
      ]),
    );
    expect(told[0]).toEqual(['order-cancelled', paid]);
    expect(told.at(-1)).toEqual(['welcome', undefined]);

    const pages: Page['items'] = [];
    let cursor: string | null = '';
    do {
      const page: Page = answerOf(await list(customer, `?limit=1${cursor && `&cursor=${cursor}`}`));
      expect(page.items).toHaveLength(1);
      pages.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(pages).toEqual(all);
  });

  it('are nobody else’s', async () => {
    const [one, other] = [await world.shop.signUp(), await world.shop.signUp()];
    await one.paid();
    await mails(one, 2);
    const [welcome, ...more] = await mails(other, 1);
    expect([welcome?.type, more]).toEqual(['welcome', []]);
  });

  it.each(['?limit=0', '?limit=101', '?cursor=x', '?type=welcome'])('are 422 with %s', async (query) => {
    problemOf(await list(await world.shop.signUp(), query), 422);
  });
});
