/** One place of the input that is wrong: `pointer` is a JSON pointer as URI fragment (RFC 6901 §6), `#/items/0/sku`. */
export interface FieldError {
  pointer: string;
  detail: string;
}

export interface ProblemOptions extends ErrorOptions {
  /** HTTP status; by the code's table entry when absent, else 500. */
  status?: number;
  title?: string;
  errors?: readonly FieldError[];
  /** True: the same again may succeed later (events: 503; else 422). */
  retriable?: boolean;
  retryAfterSeconds?: number;
  headers?: Record<string, string>;
}

const known: Record<string, { status: number; title: string }> = {
  malformed: { status: 400, title: 'Malformed request' },
  unauthenticated: { status: 401, title: 'Not signed in' },
  forbidden: { status: 403, title: 'Not allowed' },
  'not-found': { status: 404, title: 'Not found' },
  'method-not-allowed': { status: 405, title: 'Method not allowed' },
  conflict: { status: 409, title: 'Conflict' },
  'too-large': { status: 413, title: 'Content too large' },
  'unsupported-media-type': { status: 415, title: 'Unsupported media type' },
  invalid: { status: 422, title: 'Invalid request' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Internal error' },
  unavailable: { status: 503, title: 'Temporarily unavailable' },
  timeout: { status: 504, title: 'Timeout' },
};

/**
 * A failure that the caller may know: `code` and `detail` are public words, `cause` is for the log only.
 * Knows nothing of HTTP libraries: business code throws it, problem-response.ts and events.ts map it.
 */
export class Problem extends Error {
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly errors: readonly FieldError[] | undefined;
  readonly retriable: boolean;
  readonly headers: Record<string, string>;

  constructor(code: string, detail: string, options: ProblemOptions = {}) {
    super(`${code}: ${detail}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Problem';
    this.code = code;
    this.status = options.status ?? known[code]?.status ?? 500;
    this.title = options.title ?? known[code]?.title ?? titleOf(this.status);
    this.detail = detail;
    this.errors = options.errors;
    this.retriable = options.retriable ?? (this.status === 429 || this.status >= 500);
    const retryAfter =
      options.retryAfterSeconds ?? (this.status === 429 || this.status === 503 ? 1 : undefined);
    this.headers = {
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
      ...options.headers,
    };
  }
}

const titleOf = (status: number) =>
  Object.values(known).find((entry) => entry.status === status)?.title ?? 'Failed';

export const malformed = (detail: string, options?: ProblemOptions) =>
  new Problem('malformed', detail, options);

export const invalid = (errors: readonly FieldError[], detail = 'The request does not match its schema.') =>
  new Problem('invalid', detail, { errors });

export const notFound = (detail = 'There is nothing here.') => new Problem('not-found', detail);

export const conflict = (code: string, detail: string) =>
  new Problem(code, detail, { status: 409, title: 'Conflict' });

/** A dependency is down or not ready: 503 and Retry-After; an event is delivered again. */
export const unavailable = (detail: string, options?: ProblemOptions) =>
  new Problem('unavailable', detail, { ...options, retriable: true });
