import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heardBy, watchingTrigger } from './support/objects.ts';
import { answerOf, nobodys, problemOf, utc, uuid7 } from './support/problem.ts';
import { until } from './support/until.ts';
import { openWorld, type World } from './support/world.ts';

interface Letter {
  id: string;
  event: { id: string; type: string; subject: string };
  destination: string | null;
  state: string;
}
interface Page {
  items: Letter[];
  nextCursor: string | null;
}

const type = 'dev.kagari.order.placed.v1';
let world: World;
let headers: Record<string, string>;
let ear: string;
/** Three letters of three orders, all open at first. */
let letters: Letter[];
beforeAll(async () => {
  world = await openWorld();
  headers = await world.operator();
  ear = world.fresh('letters');
  await world.make('trigger', watchingTrigger(ear, ear, [{ exact: { type } }]));
  await world.kube.listening(ear);
  const customer = await world.shop.signUp();
  const orders: string[] = [];
  for (let n = 0; n < 3; n++) orders.push(await customer.place('tok_declined'));
  letters = await until('all three lie on the desk', async () => {
    const heard = await mine({ state: 'open' });
    const found = orders.flatMap((id) => heard.filter(({ event }) => event.subject === id));
    return found.length === 3 && found;
  });
});
afterAll(() => world?.close());

const list = (query: Record<string, string> = {}) =>
  world.shop.at(`/deadletters/?${new URLSearchParams(query)}`, { headers });
/** Over all pages. */
const mine = async (query: Record<string, string>): Promise<Letter[]> => {
  const all: Letter[] = [];
  let cursor: string | null = '';
  do {
    const page: Page = answerOf(await list({ type, limit: '100', ...query, ...(cursor && { cursor }) }));
    all.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return all.filter((letter) => heardBy(ear, letter));
};
const decide = (id: string | undefined, how: 'redrive' | 'discard', body?: object) =>
  world.shop.at(`/deadletters/${id}/${how}`, { method: 'POST', headers, ...(body && { body }) });
const stateOf = async (id: string | undefined) => (await mine({})).find((letter) => letter.id === id)?.state;

describe('the desk', () => {
  it('says what failed, where and why', async () => {
    for (const letter of letters) {
      expect(letter).toMatchObject({
        id: expect.stringMatching(uuid7),
        event: { specversion: '1.0', type, source: '/orders' },
        destination: expect.stringContaining(ear),
        code: 405,
        state: 'open',
        receivedAt: expect.stringMatching(utc),
      });
      expect(letter).toHaveProperty('reason');
      expect(letter).toHaveProperty('attempts');
      // As it was sent: without the marks of brokers.
      expect(Object.keys(letter.event).filter((name) => name.startsWith('knative'))).toEqual([]);
    }
  });

  it('is listed newest first, page by page, by type and by state', async () => {
    const all = answerOf<Page>(await list({ limit: '100' })).items.map(({ id }) => id);
    expect(all).toEqual([...all].sort().reverse());
    const first = answerOf<Page>(await list({ limit: '1' }));
    const second = answerOf<Page>(await list({ limit: '1', cursor: `${first.nextCursor}` }));
    expect(second.items[0]?.id.localeCompare(first.items[0]?.id ?? '')).toBe(-1);
    expect(answerOf(await list({ type: 'never' }))).toEqual({ items: [], nextCursor: null });
    for (const state of ['open', 'redriven', 'discarded'])
      for (const letter of answerOf<Page>(await list({ state, type })).items)
        expect([letter.state, letter.event.type]).toEqual([state, type]);
  });

  it.each([{ limit: '0' }, { limit: '101' }, { cursor: 'x' }, { state: 'lost' }, { type: '' }])(
    'is 422 for %j',
    async (query) => {
      problemOf(await list(query), 422);
    },
  );
});

describe('a redrive', () => {
  it('is 202, and 409 the second time; a discard comes too late', async () => {
    const [letter] = letters;
    expect(answerOf(await decide(letter?.id, 'redrive'), 202)).toMatchObject({ state: 'redriven' });
    problemOf(await decide(letter?.id, 'redrive'), 409);
    problemOf(await decide(letter?.id, 'discard', { note: 'too late' }), 409);
    expect(await stateOf(letter?.id)).toBe('redriven');
    // Its subscriber refuses it still: it comes again, as another letter of the same event.
    await until('it comes again', async () => {
      const again = await mine({ state: 'open' });
      return again.some(({ id, event }) => id !== letter?.id && event.id === letter?.event.id);
    });
  });

  it('of nothing is 404', async () => {
    problemOf(await decide(nobodys, 'redrive'), 404);
  });
});

describe('a discard', () => {
  it('is 204 with its note, and 409 the second time; a redrive comes too late', async () => {
    const [, letter] = letters;
    expect(await decide(letter?.id, 'discard', { note: 'not worth it' })).toMatchObject({
      status: 204,
      text: '',
    });
    problemOf(await decide(letter?.id, 'discard', { note: 'again' }), 409);
    problemOf(await decide(letter?.id, 'redrive'), 409);
    expect(await mine({ state: 'discarded' })).toContainEqual(
      expect.objectContaining({ id: letter?.id, note: 'not worth it' }),
    );
  });

  it('needs a note', async () => {
    const [, , letter] = letters;
    for (const body of [{}, { note: '' }, { note: ' ' }, { note: 'x'.repeat(1001) }, { note: 1 }])
      problemOf(await decide(letter?.id, 'discard', body), 422);
    expect(await stateOf(letter?.id)).toBe('open');
    problemOf(await decide(nobodys, 'discard', { note: 'of nothing' }), 404);
  });
});

describe('everything of the desk', () => {
  it('is the operator’s', async () => {
    const { bearer } = await world.shop.signUp();
    const [, , letter] = letters;
    for (const path of [`${letter?.id}/redrive`, `${letter?.id}/discard`])
      problemOf(await world.shop.at(`/deadletters/${path}`, { headers: bearer, body: { note: 'x' } }), 403);
    problemOf(await world.shop.at('/deadletters/', { headers: bearer }), 403);
    problemOf(await world.shop.at('/deadletters/'), 401);
  });
});
