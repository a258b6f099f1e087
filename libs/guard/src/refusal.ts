/** Refusals of requests, as problem details (RFC 9457) in the format of Latchkey's services. */
import { randomUUID } from 'node:crypto';
import { PROBLEM_TYPE_PREFIX, type RefusalDetails, type RefusalSpec } from '@latchkey/tokens';
import { selectRefusalTexts } from './language.ts';

/** A response in a form that any HTTP framework can send. */
export interface ProblemAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The problem details, as JSON text. */
  readonly body: string;
}

/**
 * Thrown by a guard's checks. The adapters convert it to a response; without an adapter, call {@link
 * Refusal.answer}.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: string;
  readonly status: number;
  readonly #spec: RefusalSpec;
  readonly #details: RefusalDetails;

  constructor(spec: RefusalSpec, details: RefusalDetails) {
    super(details.detail ?? spec.title, { cause: details.cause });
    this.code = spec.code;
    this.status = spec.status;
    this.#spec = spec;
    this.#details = details;
  }

  /**
   * Returns the response to the refused request.
   * @param requestId the client's X-Request-Id, which becomes the id of the problem if it is well-formed;
   * otherwise a new id is generated
   * @param acceptLanguage the client's Accept-Language, which selects the language of the texts
   */
  answer(requestId?: string, acceptLanguage?: string): ProblemAnswer {
    const { code, status, title, resolution } = this.#spec;
    const { retryAfter, headers } = this.#details;
    const id = requestId !== undefined && REQUEST_ID.test(requestId) ? requestId : randomUUID();
    const { language, translate } = selectRefusalTexts(acceptLanguage);
    return {
      status,
      headers: {
        'Content-Type': 'application/problem+json',
        'Content-Language': language,
        'Cache-Control': 'no-store',
        Vary: 'Authorization, Accept-Language',
        'X-Request-Id': id,
        ...(retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) }),
        ...headers,
      },
      body: JSON.stringify({
        type: `${PROBLEM_TYPE_PREFIX}${code}`,
        title: translate(title),
        status,
        detail: translate(this.message),
        code,
        resolution: resolution && translate(resolution),
        requestId: id,
        retryAfter,
      }),
    };
  }
}

const REQUEST_ID = /^[A-Za-z0-9._-]{8,128}$/;
