/** Reads the next page of the feed while the client handles the previous one. */
import { encodeCursor } from './cursor.ts';
import type { FeedPage, FeedQuery } from './feed-page.ts';

type ReadPage = (query: FeedQuery) => Promise<FeedPage>;

/** The maximum number of pages that wait for their client. A page may have a megabyte. */
const MAX_PREPARED_PAGES = 16;
/** How long a page waits for its client, in ms. */
const KEPT_MS = 2000;

/**
 * Returns a function that reads pages. After a full page, it reads the page that follows, for the request that probably
 * comes next. A prepared page is used only once.
 */
export function createReadAhead(read: ReadPage): ReadPage {
  const prepared = new Map<string, Promise<FeedPage>>();

  function prepare(query: FeedQuery): void {
    const [oldest] = prepared.keys();
    if (prepared.size >= MAX_PREPARED_PAGES && oldest !== undefined) prepared.delete(oldest);
    const name = nameOf(query);
    const page = read(query);
    // If the read fails, the request reads the page itself.
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
    const page = (await takePrepared(query)?.catch(() => undefined)) ?? (await read(query));
    if (page.events.length >= query.limit && page.behind > 0) prepare({ ...query, after: page.cursor });
    return page;
  };
}

/** Returns a string that only equal queries have in common. */
function nameOf({ after, view, account, limit }: FeedQuery): string {
  const { types, person, placeholders } = view;
  const position = after === undefined ? null : encodeCursor(after);
  return JSON.stringify([
    position,
    types === undefined ? null : [...types],
    person,
    placeholders,
    account,
    limit,
  ]);
}
