/** What a reader requests from the feed, and the page that it gets. */
import type { FeedReaderView } from './cloud-event.ts';
import type { FeedCursor } from './cursor.ts';

/** Which events a page of the feed contains. */
export interface FeedQuery {
  /** The cursor after which to continue. Undefined to read from the beginning. */
  readonly after?: FeedCursor | undefined;
  readonly view: FeedReaderView;
  /** The account whose events are returned; undefined for the events of all accounts. */
  readonly account?: string | undefined;
  readonly limit: number;
}

export interface FeedPage {
  /** CloudEvents as JSON strings, in order per account. */
  readonly events: readonly string[];
  /** The cursor with which the client requests the next page. */
  readonly cursor: FeedCursor;
  /**
   * How many records the log contains after this page, including the records that the reader does not get.
   */
  readonly behind: number;
}
