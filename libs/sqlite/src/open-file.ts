import { closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DataFolderError, explainFolderErrors } from './data-folder-error.ts';
import { hasNoDiskSpace } from './disk-space.ts';
import { createNewerVersionError, DATA_FOLDER_FORMAT_VERSION } from './migrations.ts';

/**
 * The application id that marks a file as a Latchkey database
 * (https://sqlite.org/pragma.html#pragma_application_id). Its bytes are the ASCII codes of "LKEY".
 */
const APPLICATION_ID = 0x4c4b4559;
/**
 * When a file is opened, it is checked for damage only if it is not larger than this, in bytes. The check
 * reads the whole file, which takes about a second for this size.
 */
const CHECKED_UP_TO_BYTES = 256 * 1024 * 1024;
/**
 * How long SQLite waits for a lock while it opens or migrates the file, and in `exec`, in ms. These
 * operations block the event loop while they wait.
 */
const LONG_TIMEOUT_MS = 2000;
/**
 * How long SQLite waits for a lock in all other operations, in ms. It is short because `write` retries later,
 * and reads never wait in WAL mode.
 */
const SHORT_TIMEOUT_MS = 5;
/**
 * The size of the page cache, in KiB. One slice of the log changes more pages of a read model than fit into
 * SQLite's default cache of 2 MB. With the default cache, SQLite would write pages before the commit, read
 * them again, and write them again.
 */
const CACHE_KIB = 8192;

export interface OpenDatabaseFileOptions {
  readonly folder: string;
  /** Whether to create the folder and the file if they are missing. */
  readonly create: boolean;
  /** Whether to check the file for damage before it is used. */
  readonly check: boolean;
}

/**
 * Opens the folder's `latchkey.sqlite`. Before that, checks that the file belongs to Latchkey and can be
 * written.
 * @throws DataFolderError
 */
export function openDatabaseFile({ folder, create, check }: OpenDatabaseFileOptions): DatabaseSync {
  const file = getDatabaseFilePath(folder);
  if (create) refuseFullDisk(folder);
  const connection = explainFolderErrors(folder, () => {
    if (create) createPrivately(folder, file);
    return new DatabaseSync(file, { enableForeignKeyConstraints: false, timeout: LONG_TIMEOUT_MS });
  });
  try {
    explainFolderErrors(folder, () =>
      prepareFile(connection, folder, check && statSync(file).size <= CHECKED_UP_TO_BYTES),
    );
  } catch (error) {
    connection.close();
    throw error;
  }
  useShortTimeout(connection);
  return connection;
}

/**
 * Runs statements with a longer wait for locks, because they may have to wait until another process has
 * finished writing.
 */
export function withLongBusyTimeout(connection: DatabaseSync, run: () => void): void {
  connection.exec(`PRAGMA busy_timeout = ${LONG_TIMEOUT_MS}`);
  try {
    run();
  } finally {
    useShortTimeout(connection);
  }
}

function useShortTimeout(connection: DatabaseSync) {
  return connection.exec(`PRAGMA busy_timeout = ${SHORT_TIMEOUT_MS}`);
}

/** Returns the path of the folder's database file. */
export function getDatabaseFilePath(folder: string): string {
  return join(folder, 'latchkey.sqlite');
}

/** Checks that the file exists. @throws DataFolderError if no server has created it yet */
export function assertDatabaseFileExists(folder: string): void {
  if (existsSync(getDatabaseFilePath(folder))) return;
  throw new DataFolderError(
    `DATA_DIR: the data folder ${folder} has no latchkey.sqlite: no server has run on it yet.`,
  );
}

/**
 * Refuses a folder whose disk is full.
 * @throws DataFolderError
 */
function refuseFullDisk(folder: string): void {
  if (hasNoDiskSpace(folder))
    throw new DataFolderError(`The data folder ${folder} cannot be written: the disk is full.`);
}

/**
 * Creates the file if it is missing, with permissions that let only its owner read it. Never opens an
 * existing file, because closing it again would release all locks that this process has on it.
 */
function createPrivately(folder: string, file: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

function prepareFile(connection: DatabaseSync, folder: string, check: boolean): void {
  useFolderForTemporaryFiles(connection, folder);
  refuseForeign(connection, folder);
  if (check) refuseDamaged(connection, folder);
  connection.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -${CACHE_KIB}`);
  // Overwrite deleted and replaced data, so that no unused part of the file contains erased data.
  connection.exec('PRAGMA secure_delete = ON');
  // Detect a read-only file now, instead of at the first real write.
  connection.exec('BEGIN IMMEDIATE');
  writeApplicationId(connection);
  connection.exec('COMMIT');
}

/**
 * Writes the application id to the file. SQLite writes a page even if the file already has this id, so the
 * call fails if the disk is full or the file is read-only.
 */
export function writeApplicationId(connection: DatabaseSync): void {
  connection.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
}

/**
 * Makes SQLite write its temporary files to the data folder, because SQLite's default, a folder such as /tmp,
 * may be too small when the database file is rewritten. The setting affects the whole process, and drops the
 * temporary tables and triggers of the connection.
 */
function useFolderForTemporaryFiles(connection: DatabaseSync, folder: string): void {
  connection.exec(`PRAGMA temp_store_directory = '${resolve(folder).replaceAll("'", "''")}'`);
}

function refuseForeign(connection: DatabaseSync, folder: string): void {
  const isNew = connection.prepare('SELECT 1 FROM sqlite_master LIMIT 1').get() === undefined;
  const id = pragma(connection, 'application_id');
  if (id !== APPLICATION_ID && !(isNew && id === 0)) {
    throw new DataFolderError(`The data folder ${folder} holds a latchkey.sqlite of another application.`);
  }
  if (pragma(connection, 'user_version') > DATA_FOLDER_FORMAT_VERSION) {
    throw createNewerVersionError(folder);
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
