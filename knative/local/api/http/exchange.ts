import type { User } from '../identity/tokens.ts';

export interface ApiRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  header(name: string): string | undefined;
  /** Undefined: nobody the server knows. */
  user: User | undefined;
  /** The whole body; throws RequestEntityTooLarge. */
  body(): Promise<Buffer>;
  /** Becomes a `Warning:` header; too late once a stream has begun. */
  warn(text: string): void;
}

export interface ApiResponse {
  status: number;
  headers?: Record<string, string>;
  body: string | ((out: Outlet) => void);
}

/** The way to a caller who listens on. */
export interface Outlet {
  write(text: string): void;
  end(): void;
  /** Ends it without what the caller has not taken. */
  abandon(): void;
  /** Bytes written that the caller has not taken yet. */
  backlog(): number;
  /** Aborted when the caller has gone, or the server stops. */
  closed: AbortSignal;
}

/** Calls once: when the caller has gone or the server stops, at once where that has happened. */
export const onClosed = ({ closed }: Outlet, listener: () => void): void => {
  if (closed.aborted) listener();
  else closed.addEventListener('abort', listener, { once: true });
};

export const jsonResponse = (status: number, value: unknown): ApiResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});

export const textResponse = (status: number, body: string): ApiResponse => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body,
});
