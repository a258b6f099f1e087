/** The feed as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
import type { Answer } from '@latchkey/http';
import { encodeCursor } from './cursor.ts';
import type { FeedPage } from './feed-page.ts';
import type { PageRequest } from './page.ts';

/**
 * The maximum time without data, in ms, because proxies close connections that are silent for longer. A revoked key
 * also ends its streams within this time.
 */
const SILENT_AT_MOST_MS = 15_000;

export interface StreamRequest extends PageRequest {
  /** Called when the stream has ended. */
  leave(): void;
  /** Returns whether the client is still allowed to read the feed. */
  stillMay(): Promise<boolean>;
}

/**
 * Responds with server-sent events, until the client disconnects, the server stops, or the client may no longer
 * read.
 */
export function respondWithStream(reading: StreamRequest): Answer {
  const { ending, leave } = reading;
  // If the client disconnects before the stream starts, the stream never ends either.
  if (ending.aborted) leave();
  else ending.addEventListener('abort', leave, { once: true });
  return {
    status: 200,
    // The header X-Accel-Buffering keeps nginx from buffering the events.
    headers: { 'X-Accel-Buffering': 'no' },
    stream: { type: 'text/event-stream; charset=utf-8', pieces: pieces(reading) },
  };
}

/**
 * Yields the pieces of the stream. The next page is read only after the client has taken the previous one. An error
 * ends the stream, and the client reconnects.
 */
async function* pieces({
  feed,
  query,
  view,
  ending,
  leave,
  stillMay,
}: StreamRequest): AsyncGenerator<string> {
  const { account, limit } = query;
  let { after } = query;
  let checkedAt = performance.now();
  // Tells the client that it is connected, before any event.
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
 * Returns a block without data, for which a client dispatches no event, but after which it will continue when it
 * reconnects.
 */
function positionOf({ cursor }: FeedPage): string {
  return `id: ${encodeCursor(cursor)}\n\n`;
}

/** Only the last event of a page has an id: the client continues after it when it reconnects. */
function textOf({ events, cursor }: FeedPage): string {
  const last = events.length - 1;
  return events
    .map((event, index) => {
      // Line breaks would end the field `data`. They can be replaced, because JSON has them only between tokens.
      const data = `data: ${event.replace(/[\r\n]+/g, ' ')}\n`;
      return index === last ? `id: ${encodeCursor(cursor)}\n${data}\n` : `${data}\n`;
    })
    .join('');
}
