import { expect, it } from 'vitest';
import { createPasswords } from './password.ts';

it('matches the password that was hashed and no other', async () => {
  const passwords = createPasswords();
  const hash = await passwords.hash('correct horse battery');
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await passwords.matches('correct horse battery', async () => hash)).toBe(true);
  expect(await passwords.matches('correct horse batterz', async () => hash)).toBe(false);
  expect(await passwords.matches('correct horse battery', async () => undefined)).toBe(false);
});

it('agrees with the reference implementation', async () => {
  // phc-winner-argon2: echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1
  const reference = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
  expect(await createPasswords().matches('password', async () => reference)).toBe(true);
});

it('whoever has waited too long is told to come back, and costs nothing', async () => {
  const passwords = createPasswords({ atOnce: 1, longestWaitMs: 5 });
  const [first, ...others] = await Promise.allSettled(
    Array.from({ length: 50 }, () => passwords.hash('correct horse')),
  );
  expect(first?.status).toBe('fulfilled');
  for (const other of others) expect(other).toMatchObject({ status: 'rejected', reason: { status: 503 } });
  expect(await passwords.hash('correct horse')).toMatch(/^\$argon2id/);
});

it('a hundred at once are all answered', async () => {
  const passwords = createPasswords({ longestWaitMs: Number.POSITIVE_INFINITY });
  const hashes = await Promise.all(Array.from({ length: 100 }, () => passwords.hash('correct horse')));
  expect(new Set(hashes).size).toBe(100);
});

it('a burst waits in a bounded line; what is beyond it is told to come back', async () => {
  const passwords = createPasswords({ atOnce: 1, maxWaiting: 3 });
  const results = await Promise.allSettled(Array.from({ length: 6 }, () => passwords.hash('correct horse')));
  const refused = results.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
  expect(refused.map(({ reason }) => [reason.status, reason.headers['retry-after']])).toEqual([
    [503, '2'],
    [503, '2'],
  ]);
  const hash = await passwords.hash('correct horse');
  expect(await passwords.matches('correct horse', async () => hash)).toBe(true);
});
