type Write = (fields: object, message: string) => void;

/** What the outbox needs of a logger. */
export interface Log {
  error: Write;
  warn: Write;
  info: Write;
}
