/** Stores how far a subscription has read the feed. */
import { randomUUID } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';

/**
 * Stores the position in the feed. The position may be lost, or be older than the stored positions of accounts, because
 * the subscription's store recognises redelivered events.
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
      // The cursor is written to a new file, which is then renamed, so that the file is complete even after a crash.
      const written = `${path}.${randomUUID()}`;
      await writeFile(written, cursor);
      await rename(written, path);
    },
  };
}
