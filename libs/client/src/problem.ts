/** The errors of the API, as problem details (RFC 9457). */

export interface FieldFault {
  /** A JSON Pointer to the faulty field of the body, for example `#/password`. */
  readonly pointer: string;
  /** The kind of fault, for example `required` or `too_short`. A code keeps its meaning in later releases. */
  readonly code: string;
  /** A message for people, in the reader's language. */
  readonly message: string;
}

interface ProblemBody {
  readonly code?: string;
  readonly detail?: string;
  readonly requestId?: string;
  readonly retryAfter?: number;
  readonly errors?: readonly FieldFault[];
}

/** Thrown for a response that is not a success. Branch on `code`. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly status: number;
  /**
   * The kind of problem, for example `invalid_credentials` or `validation_failed`. A code keeps its meaning
   * in later releases. `unknown` if the response does not come from the API.
   */
  readonly code: string;
  readonly errors: readonly FieldFault[];
  /** How long to wait before sending the request again, in seconds. */
  readonly retryAfter: number | undefined;
  readonly requestId: string | undefined;

  constructor(status: number, body: unknown) {
    const { code = 'unknown', detail, errors = [], retryAfter, requestId } = asBody(body);
    super(detail ?? `HTTP ${status}`);
    this.status = status;
    this.code = code;
    this.errors = errors;
    this.retryAfter = retryAfter;
    this.requestId = requestId;
  }
}

function asBody(body: unknown): ProblemBody {
  return typeof body === 'object' && body !== null ? body : {};
}

/** Returns the data in a response of `api`. @throws ApiProblem if the response is not a success */
export async function dataOf<T>(
  call: Promise<{ data?: T; error?: unknown; response: { readonly ok: boolean; readonly status: number } }>,
): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw new ApiProblem(response.status, error);
  return data as T;
}
