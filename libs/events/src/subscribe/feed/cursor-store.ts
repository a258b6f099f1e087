/** Stores how far a subscription has read the feed. */
import { readFile, rename, writeFile } from 'node:fs/promises';

/**
 * Stores the position in the feed. It may be lost, damaged, or older than the stored positions of the
 * accounts: events are then redelivered, and the subscription's store recognises them as duplicates.
 */
export interface CursorStore {
  load(): Promise<string | undefined>;
  save(cursor: string): Promise<void>;
}

/** Keeps the position in memory, so that every run begins with the first event. */
export function memoryCursor(): CursorStore {
  let current: string | undefined;
  return {
    load: async () => current,
    async save(cursor) {
      current = cursor;
    },
  };
}

/** Keeps the position in a file, which is created if it does not exist. */
export function fileCursor(path: string): CursorStore {
  return {
    load: () =>
      readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      }),
    async save(cursor) {
      // The cursor is written and flushed to another file, which is then renamed, so that the file is complete even
      // after a power failure.
      const written = `${path}.new`;
      await writeFile(written, cursor, { flush: true });
      await rename(written, path);
    },
  };
}
