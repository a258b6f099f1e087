/** Requests to the feed. */
import { z } from 'zod';

export interface FeedConnection {
  /** PUBLIC_URL of Latchkey, such as `http://localhost:8080`. */
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
  /** The number of records after this page. */
  readonly behind: number;
}

export interface FeedPageQuery {
  readonly after?: string | undefined;
  readonly limit: number;
  /** How long to wait for an event if there is none, in seconds. */
  readonly wait?: number;
  readonly types?: readonly string[];
  readonly account?: string;
}

/** Thrown if the feed refuses the API key or the request. Retrying does not help. */
export class FeedRefusedError extends Error {
  override readonly name = 'FeedRefusedError';
}

const ANSWERS_WITHIN_MS = 20_000;

/**
 * Reads a page.
 * @throws FeedRefusedError; any other error if the feed cannot be reached or fails
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
  if (cursor === null) throw new FeedRefusedError(`${url} is not a feed of Latchkey.`);
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

const RETRIED = new Set([408, 425, 429]);

async function failureOf(response: Response): Promise<Error> {
  const { status } = response;
  const problem = z.object({ detail: z.string() }).safeParse(await response.json().catch(() => undefined));
  const text = `The feed answers ${status}${problem.success ? `: ${problem.data.detail}` : '.'}`;
  return status >= 500 || RETRIED.has(status) ? new Error(text) : new FeedRefusedError(text);
}
