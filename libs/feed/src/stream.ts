/** The feed as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
import type { RouteResponse } from '@latchkey/http';
import { encodeFeedCursor } from './cursor.ts';
import type { FeedPage } from './feed-page.ts';
import type { FeedPageRequest } from './page.ts';

/**
 * The maximum time during which a stream sends no data, in ms, because proxies close idle connections. After
 * this time, the server also checks whether the client's API key is still valid, so that the streams of a
 * revoked key end.
 */
const SILENT_AT_MOST_MS = 15_000;

export interface FeedStreamRequest extends FeedPageRequest {
  /** Frees the slot that the client occupies while it waits for events. Called when the stream has ended. */
  leave(): void;
  /** Returns whether the client is still allowed to read the feed. */
  stillMay(): Promise<boolean>;
}

/**
 * Responds with server-sent events, until the client disconnects, the server stops, or the client may no
 * longer read.
 */
export function respondWithFeedStream(request: FeedStreamRequest): RouteResponse {
  const { ending, leave } = request;
  // An aborted signal emits no further 'abort' event. So if the client has already disconnected, call `leave`
  // now.
  if (ending.aborted) leave();
  else ending.addEventListener('abort', leave, { once: true });
  return {
    status: 200,
    // The header X-Accel-Buffering keeps nginx from buffering the events.
    headers: { 'X-Accel-Buffering': 'no' },
    stream: { type: 'text/event-stream; charset=utf-8', pieces: pieces(request) },
  };
}

/**
 * Yields the text of the stream in pieces. Reads the next page only when the client has taken the previous
 * one. An error ends the stream, and the client reconnects.
 */
async function* pieces({
  feed,
  query,
  view,
  ending,
  leave,
  stillMay,
}: FeedStreamRequest): AsyncGenerator<string> {
  const { account, limit } = query;
  let { after } = query;
  let checkedAt = performance.now();
  // Send something immediately, so that the client knows that it is connected.
  yield ': connected\n\n';
  try {
    while (!ending.aborted) {
      const page = await feed.read({ after, view, account, limit });
      after = page.cursor;
      yield page.events.length > 0 ? textOf(page) : positionOf(page);
      if (page.events.length === 0 && page.behind === 0)
        await feed.grown(page, AbortSignal.any([ending, AbortSignal.timeout(SILENT_AT_MOST_MS)]));
      if (performance.now() - checkedAt < SILENT_AT_MOST_MS) continue;
      checkedAt = performance.now();
      if (!(await stillMay())) return;
    }
  } finally {
    leave();
  }
}

/**
 * Returns a block that contains only an id. The client dispatches no event for it, but sends the id as
 * `Last-Event-ID` when it reconnects.
 */
function positionOf({ cursor }: FeedPage): string {
  return `id: ${encodeFeedCursor(cursor)}\n\n`;
}

/**
 * Returns the events of a page as text. Only the last event has an id, which is the cursor after the page.
 * When the client reconnects, it continues at this cursor.
 */
function textOf({ events, cursor }: FeedPage): string {
  const last = events.length - 1;
  return events
    .map((event, index) => {
      // A line break would end the field `data`, so replace line breaks with spaces. Replacing them does not
      // change the meaning of the JSON, in which line breaks occur only between tokens.
      const data = `data: ${event.replace(/[\r\n]+/g, ' ')}\n`;
      return index === last ? `id: ${encodeFeedCursor(cursor)}\n${data}\n` : `${data}\n`;
    })
    .join('');
}
