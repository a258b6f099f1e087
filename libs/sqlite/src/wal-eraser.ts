import type { DatabaseSync } from 'node:sqlite';

/** How long to wait before the next attempt if another connection is reading or writing, in ms. */
const AGAIN_MS = 1000;

/**
 * Empties the write-ahead log after data was erased. Otherwise, the log would contain earlier versions of
 * pages, with the erased data, until SQLite overwrites them.
 */
export interface WalTruncator {
  /**
   * Moves all pages from the write-ahead log to the file, and truncates the log. If another connection
   * prevents this, retries later. If the process ends before a retry succeeds, the log is emptied when the
   * last connection closes, or when a server opens the file again.
   */
  empty(): void;
  stop(): void;
}

export function createWalTruncator(connection: DatabaseSync): WalTruncator {
  let again: NodeJS.Timeout | undefined;

  function isEmpty(): boolean {
    try {
      return connection.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.['busy'] === 0;
    } catch {
      return false;
    }
  }

  function empty(): void {
    clearTimeout(again);
    if (!connection.isOpen || isEmpty()) return;
    again = setTimeout(empty, AGAIN_MS).unref();
  }

  return { empty, stop: () => clearTimeout(again) };
}
