import { type DestinationStream, pino, stdSerializers } from 'pino';
import { currentTraceId } from './trace.ts';

type Write = (fields: object, message: string) => void;
export interface Log {
  error: Write;
  warn: Write;
  info: Write;
  debug: Write;
}

export interface LogOptions {
  service: string;
  revision: string;
  /** debug, info, warn, error, silent. */
  level?: string;
  destination?: DestinationStream;
}

/** JSON lines on stdout, each with service, revision and, inside a request or an event, its trace id. */
export const createLog = ({ service, revision, level = 'info', destination }: LogOptions): Log => {
  const options = {
    level,
    base: { service, revision },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    serializers: { err: describeError },
    formatters: { level: (label: string) => ({ level: label }) },
    mixin: () => {
      const traceId = currentTraceId();
      return traceId ? { traceId } : {};
    },
  };
  // At once and in order: what is written in the background overtakes itself, or is lost, when the process ends.
  return pino(options, destination ?? pino.destination({ dest: 1, sync: true }));
};

/** drizzle writes a failed query's parameters into its message: hashes, addresses. The cause says what went wrong. */
const describeError = (error: unknown): unknown => {
  if (!(error instanceof Error)) return error;
  if ('params' in error && 'query' in error && error.cause instanceof Error)
    return { ...stdSerializers.err(error.cause), query: error.query };
  return stdSerializers.err(error);
};
