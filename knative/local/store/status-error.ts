/** Kubernetes' metav1.Status reasons that the runtime answers, and their HTTP codes. */
const codes = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
} as const;

export type StatusReason = keyof typeof codes;

export interface StatusCause {
  /** FieldValueInvalid, FieldValueRequired, FieldValueNotSupported, … */
  reason?: string;
  message: string;
  /** `spec.template.spec.containers[0].image` */
  field?: string;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  /** The plural; in Invalid errors Kubernetes has the kind here. */
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

/** An error that the API answers as `kind: Status`. */
export class StatusError extends Error {
  readonly reason: StatusReason;
  readonly code: number;
  readonly details: StatusDetails;

  constructor(reason: StatusReason, message: string, details: StatusDetails = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StatusError';
    this.reason = reason;
    this.code = codes[reason];
    this.details = details;
  }

  toStatus() {
    const { message, reason, details, code } = this;
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      reason,
      ...(Object.keys(details).length > 0 && { details }),
      code,
    };
  }
}

interface Named {
  group: string;
  plural: string;
  name: string;
}

const resource = ({ group, plural }: { group: string; plural: string }) =>
  group ? `${plural}.${group}` : plural;
const detailsOf = (info: Named, name: string): StatusDetails => ({
  name,
  ...(info.group && { group: info.group }),
  kind: info.plural,
});

export const notFound = (info: Named, name: string) =>
  new StatusError('NotFound', `${resource(info)} "${name}" not found`, detailsOf(info, name));

export const alreadyExists = (info: Named, name: string) =>
  new StatusError('AlreadyExists', `${resource(info)} "${name}" already exists`, detailsOf(info, name));

export const conflict = (info: Named, name: string, why: string) =>
  new StatusError(
    'Conflict',
    `Operation cannot be fulfilled on ${resource(info)} "${name}": ${why}`,
    detailsOf(info, name),
  );

export const badRequest = (message: string, causes?: StatusCause[]) =>
  new StatusError('BadRequest', message, causes ? { causes } : {});

/** All that is wrong with an object's fields, in one error. */
export const invalid = (info: Named, name: string, causes: StatusCause[]) => {
  const kind = info.group ? `${info.name}.${info.group}` : info.name;
  const all = causes.map(({ field, message }) => (field ? `${field}: ${message}` : message));
  const text = all.length === 1 ? all[0] : `[${all.join(', ')}]`;
  return new StatusError('Invalid', `${kind} "${name}" is invalid: ${text}`, {
    name,
    ...(info.group && { group: info.group }),
    kind: info.name,
    causes,
  });
};

/** Whether what was asked is refused for good: the same request again meets the same answer. */
export const isRefusal = (error: unknown): error is StatusError =>
  error instanceof StatusError && ['BadRequest', 'Forbidden', 'Invalid'].includes(error.reason);
