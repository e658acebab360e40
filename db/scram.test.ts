import fc from 'fast-check';
import postgres from 'postgres';
import { expect, test } from 'vitest';
import { emptyDatabase } from '../test/support/postgres.ts';
import { scramVerifier, verifies } from './scram.ts';

test('a verifier is what Postgres makes of the same password and salt', async () => {
  const database = await emptyDatabase();
  const sql = postgres(database.adminUrl, { max: 1 });
  const role = `scram_${database.name}`;
  await sql.unsafe(`create role ${role} password 'pencil'`);
  const [row] = await sql<
    { rolpassword: string }[]
  >`select rolpassword from pg_authid where rolname = ${role}`;
  const salt = Buffer.from(/:([^$]+)\$/.exec(row?.rolpassword ?? '')?.[1] ?? '', 'base64');
  expect(await scramVerifier('pencil', salt)).toBe(row?.rolpassword);
  await sql.end();
  await database.drop();
});

test('a verifier verifies its own password and no other', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), async (one, other) => {
      const verifier = await scramVerifier(one);
      expect(await verifies(verifier, one)).toBe(true);
      expect(await verifies(verifier, other)).toBe(one === other);
    }),
    { numRuns: 20 },
  );
  expect(await verifies('md5abc', 'any')).toBe(false);
});
