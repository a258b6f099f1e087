import { closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DataFolderError, explained } from './data-folder-error.ts';

/** "LKEY": marks the file as ours (https://sqlite.org/pragma.html#pragma_application_id). */
const APPLICATION_ID = 0x4c4b4559;
/** Of the file as a whole; adapters add to it compatibly. A build refuses what a later one wrote. */
const FORMAT_VERSION = 1;
/** A larger file opens unchecked: the check reads all of it, about a second for this much. */
const CHECKED_UP_TO_BYTES = 256 * 1024 * 1024;
/** How long opening and `exec` wait for another process's write, in ms. They block the event loop meanwhile. */
const PATIENT_MS = 2000;
/** How long anything else does: `write` tries again later, and reads need not wait in WAL mode. */
const IMPATIENT_MS = 5;
/**
 * Of pages in memory. A slice of the log, folded into a read model and its indexes, changes more than SQLite's own
 * 2 MB hold: pages would be written before their commit, and read and written again.
 */
const CACHE_KIB = 8192;

export interface OpenFileOptions {
  readonly folder: string;
  /** Whether to make folder and file where they are missing. */
  readonly make: boolean;
  /** Whether to look for damage first. */
  readonly check: boolean;
}

/**
 * A connection to the folder's `latchkey.sqlite` that is known to be ours and writable.
 * @throws DataFolderError
 */
export function openFile({ folder, make, check }: OpenFileOptions): DatabaseSync {
  const file = fileIn(folder);
  const connection = explained(folder, () => {
    if (make) makePrivately(folder, file);
    return new DatabaseSync(file, { enableForeignKeyConstraints: false, timeout: PATIENT_MS });
  });
  try {
    explained(folder, () =>
      prepareFile(connection, folder, check && statSync(file).size <= CHECKED_UP_TO_BYTES),
    );
  } catch (error) {
    connection.close();
    throw error;
  }
  impatient(connection);
  return connection;
}

/** Runs statements that may have to wait until another process has written. */
export function waitingForOthers(connection: DatabaseSync, run: () => void): void {
  connection.exec(`PRAGMA busy_timeout = ${PATIENT_MS}`);
  try {
    run();
  } finally {
    impatient(connection);
  }
}

function impatient(connection: DatabaseSync) {
  return connection.exec(`PRAGMA busy_timeout = ${IMPATIENT_MS}`);
}

function fileIn(folder: string): string {
  return join(folder, 'latchkey.sqlite');
}

/** @throws DataFolderError where no server has made the file yet. */
export function demandFile(folder: string): void {
  if (existsSync(fileIn(folder))) return;
  throw new DataFolderError(`The data folder ${folder} has no latchkey.sqlite: no server has run on it yet.`);
}

/** Never opens a file that exists: closing it again would drop every lock that this process holds on it. */
function makePrivately(folder: string, file: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

function prepareFile(connection: DatabaseSync, folder: string, check: boolean): void {
  refuseForeign(connection, folder);
  if (check) refuseDamaged(connection, folder);
  connection.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -${CACHE_KIB}`);
  // Writes even if nothing changes, so that a file that cannot be written shows now.
  connection.exec(
    `BEGIN IMMEDIATE; PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT_VERSION}; COMMIT`,
  );
}

function refuseForeign(connection: DatabaseSync, folder: string): void {
  const isNew = connection.prepare('SELECT 1 FROM sqlite_master LIMIT 1').get() === undefined;
  const id = pragma(connection, 'application_id');
  if (id !== APPLICATION_ID && !(isNew && id === 0)) {
    throw new DataFolderError(`The data folder ${folder} holds a latchkey.sqlite of another application.`);
  }
  if (pragma(connection, 'user_version') > FORMAT_VERSION) {
    throw new DataFolderError(`The data folder ${folder} was written by a newer version of Latchkey.`);
  }
}

function refuseDamaged(connection: DatabaseSync, folder: string): void {
  if (connection.prepare('PRAGMA quick_check(1)').get()?.['quick_check'] !== 'ok') {
    throw new DataFolderError(
      `The data folder ${folder} holds a damaged database: restore it from a backup.`,
    );
  }
}

function pragma(connection: DatabaseSync, name: 'application_id' | 'user_version') {
  return Number(connection.prepare(`PRAGMA ${name}`).get()?.[name]);
}
