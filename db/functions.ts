/** Functions with a database role, and a schema, of their own name. */
export const functionDatabases: readonly string[] = [
  'auth',
  'gateway',
  'orders',
  'payments',
  'bank',
  'notifications',
  'analytics',
  'deadletters',
  'worker',
  'api',
  'producer',
  'consumer',
];

/** The role that every function's role is a member of: what all of them may do is granted to it. */
export const everyFunction = 'functions';

/** Postgres cuts longer names off without an error, and two roles would become one. */
const longestName = 63;

/** A function's login role. Roles are server-wide, so the database's name is part of it. */
export function roleName(database: string, fn: string): string {
  const name = `kagari_${database}_${fn}`;
  if (Buffer.byteLength(name) > longestName) {
    throw new Error(
      `the database name "${database}" is too long: a role's name has at most ${longestName} bytes`,
    );
  }
  return name;
}
