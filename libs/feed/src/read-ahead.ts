/** Reads the next page of the feed while the client handles the previous one. */
import { encodeFeedCursor } from './cursor.ts';
import type { FeedPage, FeedQuery } from './feed-page.ts';

type ReadPage = (query: FeedQuery) => Promise<FeedPage>;

/** The maximum number of prepared pages. A page may take a megabyte of memory. */
const MAX_PREPARED_PAGES = 16;
/** How long a prepared page is kept, in ms. */
const KEPT_MS = 2000;

/**
 * Returns a function that reads pages. After a full page, it prepares the following page, which the client
 * will probably request next. A prepared page is used only once.
 */
export function createPageReadAhead(readPage: ReadPage): ReadPage {
  const prepared = new Map<string, Promise<FeedPage>>();

  function prepare(query: FeedQuery): void {
    const [oldest] = prepared.keys();
    if (prepared.size >= MAX_PREPARED_PAGES && oldest !== undefined) prepared.delete(oldest);
    const name = nameOf(query);
    const page = readPage(query);
    // Ignore a failure to prepare the page, because the next request then reads the page itself.
    page.catch(() => undefined);
    prepared.set(name, page);
    setTimeout(() => {
      if (prepared.get(name) === page) prepared.delete(name);
    }, KEPT_MS).unref();
  }

  function takePrepared(query: FeedQuery): Promise<FeedPage> | undefined {
    const name = nameOf(query);
    const page = prepared.get(name);
    prepared.delete(name);
    return page;
  }

  return async (query) => {
    const page = (await takePrepared(query)?.catch(() => undefined)) ?? (await readPage(query));
    if (page.events.length >= query.limit && page.behind > 0) prepare({ ...query, after: page.cursor });
    return page;
  };
}

/** Returns the key under which the page for a query is cached. Different queries have different keys. */
function nameOf({ after, view, account, limit }: FeedQuery): string {
  const { types, person, placeholders } = view;
  const position = after === undefined ? null : encodeFeedCursor(after);
  return JSON.stringify([
    position,
    types === undefined ? null : [...types],
    person,
    placeholders,
    account,
    limit,
  ]);
}
