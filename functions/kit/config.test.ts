import { expect, it } from 'vitest';
import * as z from 'zod';
import { baseEnvironment, databaseUrl, httpUrl, readConfig } from './config.ts';

const schema = z.object({
  ...baseEnvironment,
  DATABASE_URL: databaseUrl,
  K_SINK: httpUrl,
  TOKEN: z.string(),
});
const good = {
  DATABASE_URL: 'postgres://me:secret@localhost/db',
  K_SINK: 'http://localhost/x',
  TOKEN: 'secret',
};

it('reads what is there and fills in what has a default', () => {
  expect(readConfig(schema, good)).toEqual({
    config: { ...good, PORT: 8080, VERSION: 'dev', LOG_LEVEL: 'info' },
  });
});

it('names every bad variable, and the value of none', () => {
  const result = readConfig(schema, { PORT: 'secret-port', DATABASE_URL: 'mysql://secret', TOKEN: '' });
  const error = 'error' in result ? result.error : '';
  for (const name of ['PORT', 'DATABASE_URL', 'K_SINK is not set', 'TOKEN is not set'])
    expect(error).toContain(name);
  expect(error).not.toContain('secret');
  expect(error).not.toContain('\n');
});
