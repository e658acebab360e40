import { type ParseArgsConfig, parseArgs } from 'node:util';

/** What a file of a subcommand exports as `command`. */
export interface Command {
  usage: string;
  /** Arguments and environment to what is to be done; throws a UsageError. What it does throws an Error with one message. */
  read(args: string[], env: NodeJS.ProcessEnv): () => Promise<void>;
}

/** The command line is not to be understood. */
export class UsageError extends Error {}

/** Options and positional arguments, as parseArgs reads them; its complaints are UsageErrors. */
export const readArguments = <const T extends NonNullable<ParseArgsConfig['options']>>(
  args: string[],
  options: T,
) => {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message.split('. To specify')[0]);
  }
};

export const readPort = (
  option: string,
  value: string | undefined,
  otherwise: number,
  least: number,
): number => {
  if (value === undefined || value === '') return otherwise;
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= least && number <= 65535) return number;
  throw new UsageError(`${option} is ${value}: it takes a port from ${least} to 65535`);
};

export const readText = (option: string, value: string | undefined, otherwise: string): string => {
  if (value === '') throw new UsageError(`${option} is empty: leave it out for ${otherwise}`);
  return value ?? otherwise;
};

export const readHome = (value: string | undefined, env: NodeJS.ProcessEnv): string =>
  readText('--home', value ?? env.KAGARI_HOME, '.kagari');
