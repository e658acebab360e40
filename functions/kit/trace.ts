import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';

/** W3C Trace Context, level 1: `00-<trace id>-<parent id>-<flags>`. */
const traceparentPattern = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/;

interface Trace {
  /** What came in; a trace begins here when it is absent or not valid. */
  incoming: string | undefined;
  id?: string;
  flags?: string;
}

const storage = new AsyncLocalStorage<Trace>();

/** Runs work inside the trace that an incoming traceparent names, or inside a new one. */
export const inTrace = <T>(incoming: string | undefined, work: () => T): T => storage.run({ incoming }, work);

/** The trace id of the request or event in hand; undefined outside of one. */
export const currentTraceId = (): string | undefined => {
  const trace = storage.getStore();
  return trace && resolve(trace).id;
};

/** The traceparent to send on: same trace, a new span id; undefined outside of a request or event. */
export const traceparent = (): string | undefined => {
  const trace = storage.getStore();
  if (!trace) return undefined;
  const { id, flags } = resolve(trace);
  return `00-${id}-${randomBytes(8).toString('hex')}-${flags}`;
};

// Read only when somebody asks: most requests neither log nor call on.
const resolve = (trace: Trace): Trace => {
  if (!trace.id) {
    const match = trace.incoming ? traceparentPattern.exec(trace.incoming) : null;
    trace.id = match?.[1] ?? randomBytes(16).toString('hex');
    trace.flags = match?.[2] ?? '01';
  }
  return trace;
};
