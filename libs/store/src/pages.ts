import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Yields the items of a list, page by page, until a page is empty. Only one page is in memory. Between the
 * pages, this function waits for a turn of the event loop, so that other work can run even if the store is in
 * the same process and responds immediately.
 * @param read returns the page after the given item; the first page if no item is given
 */
export async function* readAllPages<Item>(
  read: (after: Item | undefined) => Promise<readonly Item[]> | readonly Item[],
): AsyncGenerator<readonly Item[]> {
  let last: Item | undefined;
  do {
    const page: readonly Item[] = await read(last);
    if (page.length === 0) return;
    yield page;
    last = page.at(-1);
    await nextTurn();
  } while (last !== undefined);
}
