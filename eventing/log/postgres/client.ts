import postgres from 'postgres';
import { backoff } from '../backoff.ts';
import { LogError } from '../port.ts';
import { arrays } from './arrays.ts';

const types = { bigint: postgres.BigInt, ...arrays };

export type Client = postgres.Sql<{
  bigint: bigint;
  bytea: (Uint8Array | null)[];
  int4: number[];
  int8: bigint[];
  text: string[];
}>;

export interface ClientOptions {
  name: string;
  onnotify?: (channel: string, payload: string) => void;
  onclose?: () => void;
}

/** One connection, opened at first use and again after it is lost. */
export const connect = (url: string, { name, onnotify, onclose }: ClientOptions): Client => {
  const options = {
    max: 1,
    idle_timeout: 0,
    // A session's lock and LISTEN live as long as its connection.
    max_lifetime: null,
    connect_timeout: 5,
    keep_alive: 10,
    backoff: (retries: number) => backoff(retries + 1, { first: 25, most: 1_000 }) / 1_000,
    types,
    fetch_types: false,
    onnotice: () => {},
    connection: { application_name: name },
    ...(onnotify && { onnotify }),
    ...(onclose && { onclose }),
  };
  return postgres(url, options) as unknown as Client;
};

/** Errors that say the database is away, not that the statement is wrong: they end by themselves. */
const away =
  /^(CONNECTION_|CONNECT_TIMEOUT|ECONN|EPIPE|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|08|53|57|40|25006)/;

/** The port's error for what a statement threw; what the port has no word for stays as it is. */
export const asLogError = (error: unknown): unknown => {
  if (error instanceof LogError) return error;
  const code = String((error as { code?: unknown })?.code ?? '');
  if (!away.test(code)) return error;
  return new LogError('unavailable', `the event log's database is away (${code})`, { cause: error });
};

export const asking = async <T>(statement: PromiseLike<T>): Promise<T> => {
  try {
    return await statement;
  } catch (error) {
    throw asLogError(error);
  }
};
