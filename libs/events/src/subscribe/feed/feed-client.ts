/** Sends requests to the routes of Latchkey's event feed. */
import { z } from 'zod';

export interface FeedConnection {
  /** The URL of Latchkey (its setting PUBLIC_URL), such as `http://localhost:8080`. */
  readonly url: string;
  /** The API key of a client with the scope `events`. */
  readonly key: string;
  readonly fetch?: typeof fetch;
}

const cloudEvent = z.looseObject({
  feedpartition: z.int().nonnegative(),
  feedoffset: z.int().nonnegative(),
});

export type FeedEvent = z.infer<typeof cloudEvent>;

export interface FeedPage {
  readonly events: readonly FeedEvent[];
  readonly cursor: string;
  /** How many records the log contains after this page. */
  readonly behind: number;
}

export interface FeedPageQuery {
  readonly after?: string | undefined;
  readonly limit: number;
  /** How long the server may wait for new events before it responds, in seconds. */
  readonly wait?: number;
  readonly types?: readonly string[];
  readonly account?: string;
}

/** Thrown if Latchkey refuses the API key or the request. Retrying does not help. */
export class FeedRefusedError extends Error {
  override readonly name = 'FeedRefusedError';
}

/** Thrown if the feed cannot use the cursor, because it is damaged or was written by another release. */
export class FeedCursorError extends Error {
  override readonly name = 'FeedCursorError';
}

const ANSWERS_WITHIN_MS = 20_000;

/**
 * Reads a page of the feed.
 * @throws FeedRefusedError; FeedCursorError; any other error if the feed is unreachable or fails, or if the
 * response does not come from Latchkey
 */
export async function fetchFeedPage(
  { url, key, fetch: send = fetch }: FeedConnection,
  query: FeedPageQuery,
  signal: AbortSignal,
): Promise<FeedPage> {
  const { wait = 0 } = query;
  const response = await send(addressOf(url, query), {
    headers: { authorization: `Bearer ${key}`, accept: 'application/cloudevents-batch+json' },
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWERS_WITHIN_MS + wait * 1000)]),
  });
  if (!response.ok) throw await failureOf(response);
  const cursor = response.headers.get('feed-cursor');
  if (cursor === null) {
    await response.body?.cancel();
    throw new Error(`${url} answers without the header Feed-Cursor: is it the PUBLIC_URL of Latchkey?`);
  }
  const events = z.array(cloudEvent).parse(await response.json());
  return { events, cursor, behind: Number(response.headers.get('feed-behind')) };
}

/**
 * Confirms that the client has erased an account. Idempotent.
 * @throws FeedRefusedError; any other error if the feed cannot be reached or fails
 */
export async function confirmErasure(
  { url, key, fetch: send = fetch }: FeedConnection,
  account: string,
  sequence: number,
): Promise<void> {
  const response = await send(`${rootOf(url)}/api/v1/events/receipts`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ account, sequence }),
    signal: AbortSignal.timeout(ANSWERS_WITHIN_MS),
  });
  if (!response.ok) throw await failureOf(response);
  await response.arrayBuffer();
}

function addressOf(url: string, { after, limit, wait, types, account }: FeedPageQuery): string {
  const parameters = new URLSearchParams({ limit: String(limit), placeholders: 'true' });
  if (after !== undefined) parameters.set('after', after);
  if (wait !== undefined) parameters.set('wait', String(wait));
  if (types !== undefined && types.length > 0) parameters.set('types', types.join(','));
  if (account !== undefined) parameters.set('account', account);
  return `${rootOf(url)}/api/v1/events?${parameters}`;
}

function rootOf(url: string): string {
  return url.replace(/\/+$/, '');
}

/** Matches problem details from Latchkey itself. Responses of a proxy do not match. */
const latchkeyProblem = z.object({
  type: z.string().startsWith('urn:latchkey:problem:'),
  detail: z.string(),
  errors: z.array(z.object({ pointer: z.string() })).default([]),
});

const RETRIED = new Set([408, 425, 429]);

/**
 * Returns the error for a response. Only a refusal from Latchkey itself is permanent. A proxy in front of
 * Latchkey may refuse a request temporarily, for example with a 404 while it knows no backend.
 */
async function failureOf(response: Response): Promise<Error> {
  const { status } = response;
  const { data: problem } = latchkeyProblem.safeParse(await response.json().catch(() => undefined));
  if (problem === undefined) return new Error(`The feed answers ${status}.`);
  const text = `The feed answers ${status}: ${problem.detail}`;
  if (status >= 500 || RETRIED.has(status)) return new Error(text);
  const isAboutCursor = problem.errors.some(({ pointer }) => pointer === '#/query/after');
  return isAboutCursor ? new FeedCursorError(text) : new FeedRefusedError(text);
}
