/** Responds with a page of the feed, or waits for new events (long polling). */
import type { Answer } from '@latchkey/http';
import type { ReaderView } from './cloud-event.ts';
import { encodeCursor } from './cursor.ts';
import type { Feed } from './feed.ts';
import type { FeedPage } from './feed-page.ts';
import type { FeedParameters } from './query.ts';

export interface PageRequest {
  readonly feed: Feed;
  readonly query: FeedParameters;
  readonly view: ReaderView;
  /** Aborted once the client has disconnected or the server stops. */
  readonly ending: AbortSignal;
}

/**
 * Responds with a page of events. If there are none, it waits for up to `query.wait` seconds.
 * @throws errors of the log
 */
export async function respondWithPage(reading: PageRequest): Promise<Answer> {
  const { wait } = reading.query;
  const page = await readOrWait(reading, wait === 0 ? undefined : AbortSignal.timeout(wait * 1000));
  return {
    status: 200,
    headers: { 'Feed-Cursor': encodeCursor(page.cursor), 'Feed-Behind': String(page.behind) },
    text: { type: 'application/cloudevents-batch+json; charset=utf-8', text: `[${page.events.join(',')}]` },
  };
}

/** Reads pages until one has events or the time is up. Skips pages without matching events. */
async function readOrWait(reading: PageRequest, timeUp: AbortSignal | undefined): Promise<FeedPage> {
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
