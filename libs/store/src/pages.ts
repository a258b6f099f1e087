import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Yields the items of a list. Reads the list page by page until a page is empty, so that only one page is in
 * memory. Lets other work run between the pages, because a store in the same process responds immediately.
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
