import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import { startTestSink, type TestSink, testBase, testIdentity } from '../kit/testing.ts';
import { startTestApp } from './testing.ts';

let database: TestDatabase;
let sink: TestSink;
let auth: Awaited<ReturnType<typeof startTestApp>>;

beforeAll(async () => {
  const [fresh, identity] = await Promise.all([freshDatabase(), testIdentity()]);
  [database, sink] = [fresh, await startTestSink()];
  const base = { ...testBase('auth'), verify: identity.verify };
  auth = await startTestApp({ base, identity, databaseUrl: database.url('auth'), sink: sink.url });
  await post('/signup', account);
});
afterAll(async () => {
  await auth?.close();
  await sink?.close();
  await database?.drop();
});

const account = { email: 'me@example.com', password: 'correct horse battery' };
const post = (path: string, body: unknown, bearer = '') =>
  auth.app.request(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${bearer}` },
    body: JSON.stringify(body),
  });

interface Session {
  open: boolean;
  bearer: string;
}
interface Token {
  text: string;
  session: Session;
  used: boolean;
}

const step = fc.oneof(
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('login' as const), which: fc.nat() }) },
  // Mostly the newest tokens, as clients do; sometimes an old one, as thieves do.
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('refresh' as const), which: fc.oneof(fc.nat(2), fc.nat()) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('logout' as const), which: fc.nat() }) },
);

it('4, 5, 6: a refresh token works exactly while it is unused and its sign-in is open', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 25 }), async (steps) => {
      const tokens: Token[] = [];
      const keep = async (response: Response, session?: Session) => {
        const { accessToken, refreshToken } = (await response.json()) as Record<string, string>;
        tokens.unshift({
          text: refreshToken ?? '',
          session: session ?? { open: true, bearer: accessToken ?? '' },
          used: false,
        });
      };
      for (const { kind, which } of [{ kind: 'login', which: 0 }, ...steps]) {
        const token = tokens[which % Math.max(tokens.length, 1)];
        if (kind === 'login' || !token) {
          await keep(await post('/login', account));
        } else if (kind === 'logout') {
          expect((await post('/logout', {}, token.session.bearer)).status).toBe(204);
          token.session.open = false;
        } else {
          const works = token.session.open && !token.used;
          const response = await post('/refresh', { refreshToken: token.text });
          expect(response.status).toBe(works ? 200 : 401);
          if (works) await keep(response, token.session);
          if (token.used) token.session.open = false;
          token.used = true;
        }
      }
    }),
    { numRuns: 20 },
  );
});

it('4, 5: however its tokens are used at once, each works once at most, and after a second use none', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.nat(3), { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 4 }),
      async (rounds) => {
        const { refreshToken } = (await (await post('/login', account)).json()) as { refreshToken: string };
        /** Newest first, with how often each was sent and how often it worked. */
        const family = [{ refreshToken, sent: 0, worked: 0 }];
        for (const picks of rounds) {
          const used = picks.map((pick) => family[pick % family.length]!);
          await Promise.all(
            used.map(async (token) => {
              token.sent++;
              const response = await post('/refresh', { refreshToken: token.refreshToken });
              if (response.status !== 200) return;
              token.worked++;
              const next = ((await response.json()) as { refreshToken: string }).refreshToken;
              family.unshift({ refreshToken: next, sent: 0, worked: 0 });
            }),
          );
        }
        expect(family.every(({ worked }) => worked <= 1)).toBe(true);
        const reused = family.some(({ sent }) => sent > 1);
        const newest = await post('/refresh', { refreshToken: family[0]!.refreshToken });
        // An unused token of an unbroken family works; of a family where one was used twice none does.
        expect(newest.status).toBe(!reused && family[0]!.sent === 0 ? 200 : 401);
      },
    ),
    { numRuns: 20 },
  );
});
