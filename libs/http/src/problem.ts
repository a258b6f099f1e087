/**
 * The parts of problem details (RFC 9457) that are the same for every problem of one kind. The field `type`
 * of the problem details ends with `code`.
 */
export interface ProblemSpec {
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly resolution?: string;
}

export interface FieldError {
  /**
   * A JSON Pointer (RFC 6901) to the faulty field of the body, or `#/query/…`, `#/path/…` or `#/header/…`.
   */
  readonly pointer: string;
  /**
   * The kind of fault: `required`, `too_short`, … It never changes, so clients can show their own messages
   * for it.
   */
  readonly code: string;
  readonly message: string;
}

/** The problems that any route may respond with. */
export const standardProblems = {
  validation_failed: { code: 'validation_failed', status: 400, title: 'Validation Failed' },
  unauthenticated: { code: 'unauthenticated', status: 401, title: 'Authentication Required' },
  insufficient_permission: { code: 'insufficient_permission', status: 403, title: 'Insufficient Permission' },
  not_found: { code: 'not_found', status: 404, title: 'Not Found' },
  method_not_allowed: { code: 'method_not_allowed', status: 405, title: 'Method Not Allowed' },
  conflict: { code: 'conflict', status: 409, title: 'Conflict' },
  payload_too_large: { code: 'payload_too_large', status: 413, title: 'Payload Too Large' },
  unsupported_media_type: { code: 'unsupported_media_type', status: 415, title: 'Unsupported Media Type' },
  rate_limited: { code: 'rate_limited', status: 429, title: 'Too Many Requests' },
  internal: { code: 'internal', status: 500, title: 'Internal Server Error' },
  unavailable: { code: 'unavailable', status: 503, title: 'Service Unavailable' },
} as const satisfies Record<string, ProblemSpec>;

/**
 * The problem of a request whose headers are too large. It has the same code as the problem of a body that is
 * too large, but the status that HTTP defines for headers.
 */
export const headersTooLargeProblem: ProblemSpec = {
  ...standardProblems.payload_too_large,
  status: 431,
  title: 'Request Header Fields Too Large',
};

export interface ProblemDetails {
  /** What is wrong with this request and how to fix it. Never contains a secret. */
  readonly detail?: string;
  readonly errors?: readonly FieldError[];
  /** When to retry, in whole seconds. Also sent as `Retry-After`. */
  readonly retryAfter?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** The error behind the problem: logged, never sent. */
  readonly cause?: unknown;
}

/** Thrown by handlers and policies. Becomes a response with the status and the details of the problem. */
export class Problem extends Error {
  readonly spec: ProblemSpec;
  readonly details: ProblemDetails;

  constructor(spec: ProblemSpec, details: ProblemDetails = {}) {
    super(details.detail ?? spec.title, { cause: details.cause });
    this.name = 'Problem';
    this.spec = spec;
    this.details = details;
  }
}

/**
 * Creates a problem with the status 429.
 * @param retryAfterSeconds rounded up, at least 1
 */
export function createRateLimitProblem(retryAfterSeconds: number): Problem {
  const seconds = Math.max(1, Math.ceil(retryAfterSeconds));
  return new Problem(standardProblems.rate_limited, {
    detail: `Too many requests. Try again in ${seconds} s.`,
    retryAfter: seconds,
  });
}

/**
 * Creates a problem with the status 503.
 * @param retryAfterSeconds whole seconds
 */
export function createUnavailableProblem(detail: string, retryAfterSeconds = 1, cause?: unknown): Problem {
  return new Problem(standardProblems.unavailable, { detail, retryAfter: retryAfterSeconds, cause });
}
