/**
 * The embedded store: one SQLite file per data folder, with one connection per process, which many adapters
 * share. Each owner of tables (a service, the embedded bus) gives its table names a prefix, and calls
 * `migrate` before it uses them. The file uses WAL and `synchronous=FULL`: once `write` resolves, the data is
 * on disk, except for writes with `flushed: false`.
 */
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { DiskFullError, type ErasedDataRemnants } from '@latchkey/store';
import { DataFolderError, explainFolderErrors, getSqliteResultCode } from './data-folder-error.ts';
import { DatabaseClosedError } from './database-failure.ts';
import { hasNoDiskSpace, readFreeDiskBytes } from './disk-space.ts';
import {
  fileRewriteSchema,
  findErasedDataRemnants,
  hasRewriteFailedRecently,
  recordErasure,
  rewriteDatabaseFile,
} from './file-rewrite.ts';
import { prepareWithFixedPlan } from './fixed-plan.ts';
import { createGroupCommit } from './group-commit.ts';
import { hasPendingMigrations, runMigrations, type SqliteSchema } from './migrations.ts';
import {
  assertDatabaseFileExists,
  getDatabaseFilePath,
  openDatabaseFile,
  withLongBusyTimeout,
  writeApplicationId,
} from './open-file.ts';
import { acquireServerLock, ServerLockHeld } from './server-lock.ts';
import { createWalTruncator } from './wal-eraser.ts';

/**
 * When a server starts, it rewrites only files that are not larger than this, in bytes. Rewriting a file of
 * this size takes about 15 s.
 */
const MAX_REWRITTEN_AT_START_BYTES = 1_000_000_000;

/** A row by column name, as the driver returns it. */
export type SqliteRow = Readonly<Record<string, SQLOutputValue>>;

export interface WriteOptions {
  /**
   * Whether `write` waits until the commit is flushed to disk. A write that is not flushed survives the end
   * of the process, even by kill -9. But in a power failure, it may be lost *together with everything
   * committed after it*, up to the next flushed write. Set `flushed` to false only for a write that may be
   * lost, or that is repeated after a loss. Default: true.
   */
  readonly flushed?: boolean;
  /**
   * How long the commit may be delayed, in ms, so that other writes share the commit and its flush. Default:
   * 0.
   */
  readonly commitDelay?: number;
  /**
   * Whether the write erases data. If so, the write-ahead log is emptied soon after the commit, and the next
   * server that opens the file rewrites it. After that, no file contains what the write has deleted or
   * replaced. Default: false.
   */
  readonly erases?: boolean;
}

export interface Database {
  /** The path of the database file. */
  readonly path: string;
  /**
   * Returns a prepared statement. Statements are cached by their text. A statement that reads may be run at
   * any time; a statement that writes may be run only within `write`.
   */
  prepare(sql: string): StatementSync;
  /** Runs statements that return no results. Must not be called within `write`. */
  exec(sql: string): void;
  /**
   * Runs those migrations of an owner that have not run yet. On a connection that was opened as `shared`,
   * migrations run only if no server uses the folder.
   * @throws DataFolderError if the tables are newer than this program, or if the tables are older and a
   * server uses the folder
   */
  migrate(schema: SqliteSchema): void;
  /**
   * Runs `work` in a transaction, and resolves with the result of `work` once the transaction is durable.
   * Concurrent calls run in the order of the calls, and share one commit. If the work of one call throws,
   * only the changes of that call are rolled back, and only its promise rejects. `work` must be synchronous,
   * because a transaction never spans an `await`. `work` must not call `write`.
   * @throws SQLite's error, also if another process (an ops command) keeps writing for more than ten seconds
   */
  write<T>(work: () => T extends PromiseLike<unknown> ? never : T, options?: WriteOptions): Promise<T>;
  /**
   * Checks that the disk accepts writes. The check is cheap, because it usually reads only the free space. It
   * writes to the disk only if an earlier write has failed because the disk was full.
   * @throws DiskFullError, or SQLite's error
   */
  checkDisk(): Promise<void>;
  /** Returns the size of the file in bytes. */
  size(): number;
  /** Returns whether unused parts of the file may still contain erased data. */
  erasedRemains(): ErasedDataRemnants;
  /**
   * Rewrites the file, so that it contains no erased data. Blocks for a second or two per 100 MB. No other
   * process may use the folder.
   * @throws DataFolderError, for example if the disk has too little space
   */
  rewrite(): void;
  /** Waits for pending writes, and then closes the database. Idempotent. */
  close(): Promise<void>;
}

export interface OpenDatabaseOptions {
  /** The path of the data folder (DATA_DIR). */
  readonly folder: string;
  /**
   * - `server` is for a server. Creates the folder (0700) and the file if they are missing, and rewrites the
   *   file if it may contain erased data. Refuses a folder that another server uses.
   * - `shared` is for ops commands that may run at the same time as a server. Refuses a folder without a
   *   file.
   * - `exclusive` is for ops commands that must not run at the same time as a server. Refuses a folder
   *   without a file, and a folder that a server uses.
   *
   * `server` and `exclusive` lock the folder. The operating system releases the lock when the process ends,
   * even by kill -9.
   */
  readonly as: 'server' | 'shared' | 'exclusive';
}

/**
 * Opens the folder's `latchkey.sqlite`.
 * @throws DataFolderError
 */
export function openDatabase({ folder, as }: OpenDatabaseOptions): Database {
  if (as !== 'server') assertDatabaseFileExists(folder);
  const lock = as === 'shared' ? undefined : acquireServerLock(folder);
  try {
    const connection = openDatabaseFile({ folder, create: as === 'server', check: as !== 'shared' });
    try {
      return databaseOn(connection, { folder, as, onClosed: () => lock?.release() });
    } catch (error) {
      connection.close();
      throw error;
    }
  } catch (error) {
    lock?.release();
    throw error;
  }
}

interface Opened extends OpenDatabaseOptions {
  onClosed(): void;
}

function databaseOn(connection: DatabaseSync, { folder, as, onClosed }: Opened): Database {
  const statements = new Map<string, StatementSync>();
  const commits = createGroupCommit(connection);
  const wal = createWalTruncator(connection);
  let closed: Promise<void> | undefined;

  // Check whether the connection is open instead of whether `close` was called, because `close` waits for
  // pending writes, which may still prepare statements.
  function prepare(sql: string): StatementSync {
    refuseIf(!connection.isOpen);
    const known = statements.get(sql);
    if (known) return known;
    const statement = prepareWithFixedPlan(connection, sql);
    statements.set(sql, statement);
    return statement;
  }

  async function close() {
    await commits.idle();
    wal.stop();
    connection.close();
    onClosed();
  }

  function runMissing(schema: SqliteSchema): void {
    explainFolderErrors(folder, () =>
      withLongBusyTimeout(connection, () => runMigrations(connection, schema)),
    );
  }

  function migrate(schema: SqliteSchema): void {
    if (!hasPendingMigrations(connection, schema, folder)) return;
    if (as === 'shared') withServerLock(folder, () => runMissing(schema));
    else runMissing(schema);
  }

  function rewrite(): void {
    explainFolderErrors(folder, () => withLongBusyTimeout(connection, () => rewriteDatabaseFile(connection)));
    wal.empty();
  }

  function size(): number {
    return pragma(prepare, 'page_count') * pragma(prepare, 'page_size');
  }

  /**
   * Rewrites the file if it may contain erased data, unless the rewrite would delay the start for too long or
   * could fill the disk. If the rewrite fails, the server starts nevertheless. The rewrite is tried again at
   * a later start, a day after the failure at the earliest. The command `vacuum` rewrites the file too.
   */
  function rewriteAtStart(): void {
    if (!findErasedDataRemnants(connection).possible || hasRewriteFailedRecently(connection)) return;
    if (size() > MAX_REWRITTEN_AT_START_BYTES || readFreeDiskBytes(folder) < 2 * size()) return;
    try {
      rewrite();
    } catch (error) {
      if (!(error instanceof DataFolderError) && getSqliteResultCode(error) === undefined) throw error;
    }
  }

  // Do not migrate the file for a command that opens it as `shared`. Such a command may only read or copy the
  // file, and the release that created the file must still be able to read it.
  if (as !== 'shared') migrate(fileRewriteSchema);
  if (as === 'server') {
    rewriteAtStart();
    // Empty the write-ahead log now, because the previous server may have been killed before it did so.
    wal.empty();
  }

  return {
    path: getDatabaseFilePath(folder),
    prepare,
    exec(sql) {
      refuseIf(!connection.isOpen);
      withLongBusyTimeout(connection, () => connection.exec(sql));
    },
    migrate(schema) {
      refuseIf(!connection.isOpen);
      migrate(schema);
    },
    async write(work, { flushed = true, commitDelay = 0, erases = false } = {}) {
      refuseIf(closed !== undefined);
      if (!erases) return await commits.run(work, { flushed, commitDelay });
      const result = await commits.run(
        () => {
          recordErasure(connection);
          return work();
        },
        { flushed, commitDelay },
      );
      wal.empty();
      return result;
    },
    async checkDisk() {
      refuseIf(closed !== undefined);
      if (hasNoDiskSpace(folder)) throw new DiskFullError();
      if (!commits.hasFoundFull()) return;
      await commits.run(() => writeSomething(connection), { flushed: true, commitDelay: 0 });
      commits.forgive();
    },
    size,
    erasedRemains() {
      refuseIf(!connection.isOpen);
      return findErasedDataRemnants(connection);
    },
    rewrite() {
      refuseIf(!connection.isOpen);
      rewrite();
    },
    close() {
      closed ??= close();
      return closed;
    },
  };
}

/**
 * Runs work that changes the tables. Holds the server lock while the work runs, so that no server can start.
 */
function withServerLock(folder: string, work: () => void): void {
  const lock = holdLockOrExplain(folder);
  try {
    work();
  } finally {
    lock.release();
  }
}

function holdLockOrExplain(folder: string) {
  try {
    return acquireServerLock(folder);
  } catch (error) {
    if (!(error instanceof ServerLockHeld)) throw error;
    throw new DataFolderError(
      `The data folder ${folder} is in use by a server of an earlier version of Latchkey: restart it with this version.`,
      { cause: error },
    );
  }
}

/**
 * Checks that the disk accepts writes. Allocates pages in the file and in the write-ahead log, and rolls both
 * back.
 */
function writeSomething(connection: DatabaseSync): void {
  connection.exec(`
    SAVEPOINT something;
    CREATE TABLE something AS SELECT zeroblob(65536) AS bytes;
    ROLLBACK TO something;
    RELEASE something`);
  writeApplicationId(connection);
}

function refuseIf(closed: boolean): void {
  if (closed) throw new DatabaseClosedError();
}

function pragma(prepare: Database['prepare'], name: 'page_count' | 'page_size') {
  return Number(prepare(`PRAGMA ${name}`).get()?.[name]);
}

export type { DatabaseSync };
