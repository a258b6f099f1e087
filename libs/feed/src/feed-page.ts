/** The query of a reader, and the page of the feed that it gets. */
import type { ReaderView } from './cloud-event.ts';
import type { Cursor } from './cursor.ts';

/** Selects the events of a page. */
export interface FeedQuery {
  /** The cursor to continue at. Undefined to read from the beginning. */
  readonly after?: Cursor | undefined;
  readonly view: ReaderView;
  /** If set, only events of this account are returned. */
  readonly account?: string | undefined;
  readonly limit: number;
}

export interface FeedPage {
  /** CloudEvents as JSON strings, in order per account. */
  readonly events: readonly string[];
  /** The cursor of the next page. */
  readonly cursor: Cursor;
  /** The number of records after this page, of any type. */
  readonly behind: number;
}
