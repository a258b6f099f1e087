import type { DatabaseSync } from 'node:sqlite';

/** The pause before the next attempt while another connection is reading or writing, in ms. */
const AGAIN_MS = 1000;

/** Empties the write-ahead log, which otherwise keeps former versions of pages until they are overwritten. */
export interface WalEraser {
  /**
   * Moves all pages into the file and truncates the log. If another connection prevents it, retries later. If the
   * process ends before that, the log is emptied when the last connection closes, or when a server opens the file again.
   */
  empty(): void;
  stop(): void;
}

export function createWalEraser(connection: DatabaseSync): WalEraser {
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
