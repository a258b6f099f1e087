import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DataFolderError, explained, isBusy } from './data-folder-error.ts';

export interface ServerLock {
  release(): void;
}

/** Those of this process. A connection that nothing refers to is closed with the garbage, and its lock is gone. */
const held = new Set<DatabaseSync>();

/**
 * Takes the folder for this server: an exclusive transaction on `server.lock` that stays open. The operating
 * system frees its file lock with the process, however that ends; a pid file could outlive it.
 * @throws DataFolderError if another server holds it, or if the folder cannot be written
 */
export function holdServerLock(folder: string): ServerLock {
  const connection = explained(folder, () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return new DatabaseSync(join(folder, 'server.lock'), { timeout: 0 });
  });
  try {
    explained(folder, () => takeLock(connection, folder));
  } catch (error) {
    connection.close();
    throw error;
  }
  held.add(connection);
  return {
    release: () => {
      held.delete(connection);
      connection.close();
    },
  };
}

function takeLock(connection: DatabaseSync, folder: string): void {
  try {
    connection.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    if (!isBusy(error)) throw error;
    throw new DataFolderError(`The data folder ${folder} is held by another running server.`, {
      cause: error,
    });
  }
}
