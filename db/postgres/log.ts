type Write = (fields: object, message: string) => void;

/** What the launcher needs of a logger. */
export interface Log {
  info: Write;
  warn: Write;
}
