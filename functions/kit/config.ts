import * as z from 'zod';

/** What every function's environment has; extend it: `z.object({ ...baseEnvironment, DATABASE_URL: databaseUrl })`. */
export const baseEnvironment = {
  PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
  /** Absent: all interfaces. */
  HOST: z.string().optional(),
  K_SERVICE: z.string().optional(),
  K_REVISION: z.string().optional(),
  VERSION: z.string().default('dev'),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
};

const base = z.object(baseEnvironment);
export type BaseConfig = z.output<typeof base>;

/** For functions with operations that need a bearer. */
export const identityEnvironment = { JWKS_FILE: z.string() };

export const databaseUrl = z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' });
export const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http:// URL' });

/** Parses the environment, an empty variable being none. Names every bad variable on stderr, then exits 1. */
export const parseConfig = <S extends z.ZodObject>(schema: S, env: NodeJS.ProcessEnv): z.output<S> => {
  const result = readConfig(schema, env);
  return 'config' in result ? result.config : failStart(result.error);
};

/** One line on stderr, then the end with 1. */
export const failStart = (reason: string): never => {
  process.stderr.write(`error: ${reason}\n`);
  process.exit(1);
};

/** As parseConfig, but answers the error: never a value in it, for a value may be a secret. */
export const readConfig = <S extends z.ZodObject>(
  schema: S,
  env: NodeJS.ProcessEnv,
): { config: z.output<S> } | { error: string } => {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const result = schema.safeParse(given);
  if (result.success) return { config: result.data };
  const bad = result.error.issues.map((issue) => {
    const name = issue.path.join('.');
    return given[name] === undefined ? `${name} is not set` : `${name}: ${issue.message}`;
  });
  return { error: `environment: ${bad.join('; ')}` };
};
