import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Yields a list in chunks, and lets other work run between the chunks.
 * @param most the maximum amount of work per chunk, in the unit of `size`
 * @param size returns the amount of work of an item (default: 1 for each item)
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
