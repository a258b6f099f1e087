/** Responds with a page of the feed, or waits for new events (long polling). */
import type { RouteResponse } from '@latchkey/http';
import type { FeedReaderView } from './cloud-event.ts';
import { encodeFeedCursor } from './cursor.ts';
import type { Feed } from './feed.ts';
import type { FeedPage } from './feed-page.ts';
import type { FeedQueryParameters } from './query.ts';

export interface FeedPageRequest {
  readonly feed: Feed;
  readonly query: FeedQueryParameters;
  readonly view: FeedReaderView;
  /** Aborted once the client has disconnected or the server stops, so that the response must end. */
  readonly ending: AbortSignal;
}

/**
 * Responds with a page of events. If the page would contain no events, waits for new events for up to
 * `query.wait` seconds.
 * @throws errors of the log
 */
export async function respondWithFeedPage(request: FeedPageRequest): Promise<RouteResponse> {
  const { wait } = request.query;
  const page = await readOrWait(request, wait === 0 ? undefined : AbortSignal.timeout(wait * 1000));
  return {
    status: 200,
    headers: { 'Feed-Cursor': encodeFeedCursor(page.cursor), 'Feed-Behind': String(page.behind) },
    text: { type: 'application/cloudevents-batch+json; charset=utf-8', text: `[${page.events.join(',')}]` },
  };
}

/** Reads pages of the feed until a page has matching events or the waiting time is over. */
async function readOrWait(reading: FeedPageRequest, timeUp: AbortSignal | undefined): Promise<FeedPage> {
  const { feed, view, ending } = reading;
  const { after, account, limit } = reading.query;
  const signal = timeUp === undefined ? undefined : AbortSignal.any([timeUp, ending]);
  let page = await feed.read({ after, view, account, limit });
  while (page.events.length === 0 && signal !== undefined && !signal.aborted) {
    if (page.behind === 0) await feed.grown(page, signal);
    page = await feed.read({ after: page.cursor, view, account, limit });
  }
  return page;
}
