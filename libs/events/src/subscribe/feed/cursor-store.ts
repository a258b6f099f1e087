/** Stores the cursor of a subscription, which says how far it has read the feed. */
import { readFile, rename, writeFile } from 'node:fs/promises';

/**
 * Stores the cursor of a subscription to the feed. The cursor may be lost, damaged or out of date: events are
 * then delivered again, and the subscription's store recognises them as duplicates.
 */
export interface CursorStore {
  load(): Promise<string | undefined>;
  save(cursor: string): Promise<void>;
}

/** Keeps the cursor in memory, so that each run of the program begins with the first event. */
export function memoryCursor(): CursorStore {
  let current: string | undefined;
  return {
    load: async () => current,
    async save(cursor) {
      current = cursor;
    },
  };
}

/** Keeps the cursor in a file, which is created if it does not exist. */
export function fileCursor(path: string): CursorStore {
  return {
    load: () =>
      readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      }),
    async save(cursor) {
      // Write the cursor to another file, flush that file, and then rename it. So the file is complete even
      // after a power failure.
      const written = `${path}.new`;
      await writeFile(written, cursor, { flush: true });
      await rename(written, path);
    },
  };
}
