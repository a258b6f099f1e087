/** Where a subscription to the feed remembers how far it has read. */
import { randomUUID } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';

/**
 * Keeps the place in the feed. It may be lost or older than the positions of accounts: events that come again are
 * recognised by the store of the subscription.
 */
export interface CursorStore {
  load(): Promise<string | undefined>;
  save(cursor: string): Promise<void>;
}

/** Keeps the place in the memory of this process: every run begins with the first event. */
export function memoryCursor(): CursorStore {
  let current: string | undefined;
  return {
    load: async () => current,
    async save(cursor) {
      current = cursor;
    },
  };
}

/** Keeps the place in a file, which is created. */
export function fileCursor(path: string): CursorStore {
  return {
    load: () =>
      readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      }),
    async save(cursor) {
      // Replaced in one step, so that a crash leaves a whole cursor.
      const written = `${path}.${randomUUID()}`;
      await writeFile(written, cursor);
      await rename(written, path);
    },
  };
}
