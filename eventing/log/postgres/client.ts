import postgres, { type MaybeRow } from 'postgres';
import { backoff } from '../backoff.ts';
import { LogError } from '../port.ts';
import { arrays } from './arrays.ts';

const types = { bigint: postgres.BigInt, ...arrays };

type Sql = postgres.Sql<{
  bigint: bigint;
  bytea: (Uint8Array | null)[];
  int4: number[];
  int8: bigint[];
  text: string[];
}>;

type Parameters = Parameter[];
type Parameter = postgres.ParameterOrFragment<bigint | Uint8Array | null>;

export interface Client {
  /** Runs a statement. Throws LogError where the database is away, else what postgres.js throws. */
  <Rows extends readonly MaybeRow[]>(
    statement: TemplateStringsArray,
    ...parameters: Parameters
  ): Promise<postgres.RowList<Rows>>;
  /** Arrays as parameters. */
  readonly array: Pick<Sql['typed'], 'bytea' | 'int4' | 'int8' | 'text'>;
  end(): Promise<void>;
}

export interface ClientOptions {
  name: string;
  onnotify?: (channel: string, payload: string) => void;
  onclose?: () => void;
}

/** One connection, opened at first use and again, after a pause that grows to half a second, when it is lost. */
export const connect = (url: string, { name, onnotify, onclose }: ClientOptions): Client => {
  let ended = false;
  let failures = 0;
  let notBefore = 0;

  const open = (): Sql => {
    const options = {
      max: 1,
      types,
      fetch_types: false,
      // A session's lock and LISTEN live as long as its connection.
      idle_timeout: 0,
      max_lifetime: null,
      connect_timeout: 5,
      keep_alive: 10,
      onnotice: () => {},
      connection: { application_name: name },
      ...(onnotify && { onnotify }),
      onclose() {
        if (ended || sql !== opened) return;
        notBefore = performance.now() + backoff(++failures, { first: 25, most: 500 });
        // postgres.js 3.4.9 may keep an unsent piece of a statement when a connection closes, and send it before the
        // next one's greeting: that hangs until connect_timeout, more than once. A new client has no such piece.
        sql = open();
        void opened.end({ timeout: 0 });
        onclose?.();
      },
    };
    const opened = postgres(url, options) as unknown as Sql;
    return opened;
  };
  let sql = open();

  const run = async (statement: TemplateStringsArray, ...parameters: never[]) => {
    if (performance.now() < notBefore) throw new LogError('unavailable', "the event log's database is away");
    try {
      const rows = await sql(statement, ...parameters);
      failures = 0;
      return rows;
    } catch (error) {
      throw asLogError(error);
    }
  };

  return Object.assign(run as unknown as Client, {
    array: sql.typed,
    async end() {
      ended = true;
      await sql.end({ timeout: 2 });
    },
  });
};

/** Errors that say the database is away, not that the statement is wrong: they end by themselves. */
const away =
  /^(CONNECTION_|CONNECT_TIMEOUT|ECONN|EPIPE|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|08|53|57|40|25006)/;

/** The port's error for what a statement threw; what the port has no word for stays as it is. */
const asLogError = (error: unknown): unknown => {
  const code = String((error as { code?: unknown })?.code ?? '');
  if (!away.test(code)) return error;
  return new LogError('unavailable', `the event log's database is away (${code})`, { cause: error });
};
