/** Sends the client's own requests, and remembers the account sequences in responses. */
import { withDeadline } from './deadline.ts';
import { ApiProblem } from './problem.ts';

const SEQUENCE = 'Account-Sequence';

/** Thrown if a response is not a success. Contains the response. */
export class RefusedRequestProblem extends ApiProblem {
  readonly response: Response;

  constructor(response: Response, body: unknown) {
    super(response.status, body);
    this.response = response;
  }
}

export interface PostResponse<Answer> {
  readonly answer: Answer;
  /** The id of the account that the request has changed, if the response contains one. */
  readonly account: string | undefined;
}

/** Sends a request to a route of auth. @throws RefusedRequestProblem */
export type PostRequest = <Answer>(
  path: string,
  body?: object,
  headers?: Readonly<Record<string, string>>,
) => Promise<PostResponse<Answer>>;

/**
 * Creates the function that sends requests to auth. Each request is aborted after `MAX_REQUEST_DURATION_MS`.
 * @param baseUrl the URL of Latchkey, without a slash at the end
 */
export function createPostRequestSender(
  baseUrl: string,
  fetchImplementation: typeof fetch,
  sequences: AccountSequenceTracker,
): PostRequest {
  return <Answer>(path: string, body?: object, headers?: Readonly<Record<string, string>>) =>
    withDeadline(async (signal) => {
      const response = await fetchImplementation(`${baseUrl}/api/v1/auth/${path}`, {
        method: 'POST',
        credentials: 'include',
        headers: { ...(body && { 'Content-Type': 'application/json' }), ...headers },
        ...(body && { body: JSON.stringify(body) }),
        signal,
      });
      const account = sequences.remember(response);
      const answer: unknown = await response
        .clone()
        .json()
        .catch(() => undefined);
      if (!response.ok) throw new RefusedRequestProblem(response, answer);
      return { answer: answer as Answer, account };
    });
}

/**
 * Remembers, for each account, the highest sequence that a response has contained. The client sends this
 * sequence with later requests. The responses then include all changes up to this sequence.
 */
export interface AccountSequenceTracker {
  /**
   * Remembers the sequence in a response.
   * @returns the id of the account that the sequence belongs to; undefined if the response contains no
   * sequence
   */
  remember(response: Response): string | undefined;
  addTo(request: Request, account: string): void;
}

/** Creates a tracker without sequences. */
export function createAccountSequenceTracker(): AccountSequenceTracker {
  const sequences = new Map<string, number>();
  return {
    remember(response) {
      const [, account, sequence] = /^([^:]+):(\d+)$/.exec(response.headers.get(SEQUENCE) ?? '') ?? [];
      if (account !== undefined)
        sequences.set(account, Math.max(sequences.get(account) ?? 0, Number(sequence)));
      return account;
    },
    addTo(request, account) {
      const sequence = sequences.get(account);
      if (sequence !== undefined) request.headers.set(SEQUENCE, `${account}:${sequence}`);
    },
  };
}
