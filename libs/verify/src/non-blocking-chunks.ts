import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Yields a list in chunks, and lets the event loop run between them, so that work on a long list does not block it.
 * @param size returns the amount of work for an item; a chunk contains about `most` of that work
 */
export async function* splitIntoNonBlockingChunks<Item>(
  items: readonly Item[],
  most: number,
  size: (item: Item) => number = () => 1,
): AsyncGenerator<readonly Item[]> {
  let part: Item[] = [];
  let work = 0;
  for (const item of items) {
    part.push(item);
    work += size(item);
    if (work < most) continue;
    yield part;
    await nextTurn();
    part = [];
    work = 0;
  }
  if (part.length > 0) yield part;
}
