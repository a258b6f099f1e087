import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DataFolderError, explainFolderErrors, isDatabaseLockedError } from './data-folder-error.ts';

export interface ServerLock {
  release(): void;
}

/** Thrown if another server holds the lock on the folder. */
export class ServerLockHeld extends DataFolderError {}

/**
 * The connections that hold the locks of this process. This module keeps a reference to each of them:
 * otherwise, a connection would be garbage collected and closed, which would release its lock while the
 * server still runs.
 */
const held = new Set<DatabaseSync>();

/**
 * Locks the folder for this server, with an exclusive transaction on `server.lock` that stays open. The
 * operating system releases the lock when the process ends, even after a crash, whereas a pid file would
 * remain.
 * @throws ServerLockHeld; DataFolderError if the folder cannot be written to
 */
export function acquireServerLock(folder: string): ServerLock {
  const connection = explainFolderErrors(folder, () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return new DatabaseSync(join(folder, 'server.lock'), { timeout: 0 });
  });
  try {
    explainFolderErrors(folder, () => takeLock(connection, folder));
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
    if (!isDatabaseLockedError(error)) throw error;
    throw new ServerLockHeld(`The data folder ${folder} is held by another running server.`, {
      cause: error,
    });
  }
}
