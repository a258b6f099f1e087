/**
 * The embedded store: one SQLite file per data folder, one connection per process, used by many adapters.
 *
 * Each owner of tables (a service, the embedded bus) prefixes its table names and calls `migrate` before it uses them.
 * WAL, `synchronous=FULL`: when `write` resolves, the data is on disk, unless the write opted out of the flush.
 */
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { DiskFullError, type ErasedRemains } from '@latchkey/store';
import { DataFolderError, explainFolderErrors, sqliteResultCode } from './data-folder-error.ts';
import { DatabaseClosedError } from './database-failure.ts';
import { freeDiskBytes, hasNoDiskSpace } from './disk-space.ts';
import {
  fileRewriteSchema,
  findErasedRemains,
  hasRewriteFailedToday,
  recordErasure,
  rewriteDatabaseFile,
} from './file-rewrite.ts';
import { createGroupCommit } from './group-commit.ts';
import { hasPendingMigrations, runMigrations, type SqliteSchema } from './migrations.ts';
import {
  assertDatabaseFileExists,
  fileIn,
  openDatabaseFile,
  withLongBusyTimeout,
  writeApplicationId,
} from './open-file.ts';
import { prepareOnce } from './prepare-once.ts';
import { holdServerLock, ServerLockHeld } from './server-lock.ts';
import { createWalEraser } from './wal-eraser.ts';

/** Larger files are not rewritten when a server starts. Rewriting a file of this size takes about 15 s. */
const MAX_REWRITTEN_AT_START_BYTES = 1_000_000_000;

/** A row as the driver returns it, by column. */
export type SqliteRow = Readonly<Record<string, SQLOutputValue>>;

export interface WriteOptions {
  /**
   * Whether to wait for the flush to disk. If false, the commit does not wait. Such a write survives the end of the
   * process, even by kill -9. A power cut may lose it *together with everything committed after it*, up to the next
   * flushed write. Use false only for work that may be lost, or that is repeated after a loss. Default: true.
   */
  readonly flushed?: boolean;
  /** How long the commit may be delayed, in ms, so that other writes can share it and its flush. Default: 0. */
  readonly commitDelay?: number;
  /**
   * Whether the write erases data. If so, the write-ahead log is emptied soon after the commit, and the file is rewritten
   * when a server opens it next; after that, no file contains what the write has deleted or replaced. Default: false.
   */
  readonly erases?: boolean;
}

export interface Database {
  /** The path of the file. */
  readonly path: string;
  /** Returns a prepared statement, cached by its text. Call it directly to read; write only within `write`. */
  prepare(sql: string): StatementSync;
  /** Runs statements without results. Must not be called within `write`. */
  exec(sql: string): void;
  /**
   * Runs the migrations of an owner that have not run yet. A connection that was opened as `shared` runs them only
   * while no server uses the folder.
   * @throws DataFolderError if the tables are newer than this build, or if they are older and a server uses the folder
   */
  migrate(schema: SqliteSchema): void;
  /**
   * Runs `work` in a transaction, and resolves with its result once the result is durable. Concurrent calls share one
   * commit, in the order of the calls. If the work of a call throws, only that call is rolled back and rejects. `work`
   * must be synchronous: a transaction never spans an `await`. Calls must not be nested.
   * @throws SQLite's error, also if another process (ops) keeps writing for more than ten seconds
   */
  write<T>(work: () => T extends PromiseLike<unknown> ? never : T, options?: WriteOptions): Promise<T>;
  /**
   * Resolves if the disk accepts writes. Cheap: it checks the free space, and writes only after a write has failed
   * because the disk was full.
   * @throws DiskFullError, or SQLite's error
   */
  checkDisk(): Promise<void>;
  /** Returns the size of the file in bytes. */
  size(): number;
  /** Returns whether unused parts of the file may still contain erased data. */
  erasedRemains(): ErasedRemains;
  /**
   * Rewrites the file, so that it contains no erased data. Blocks for a second or two per 100 MB. No other process may use
   * the folder.
   * @throws DataFolderError, for example if the disk has too little space
   */
  rewrite(): void;
  /** Waits for pending writes, then closes. Idempotent. */
  close(): Promise<void>;
}

export interface OpenDatabaseOptions {
  /** The path of the folder: DATA_DIR. */
  readonly folder: string;
  /**
   * - `server` creates a missing folder (0700) and file, and refuses a folder that another server holds. Rewrites the
   *   file if it may contain erased data.
   * - `shared` (ops commands while a server runs) refuses a folder without a file.
   * - `exclusive` (ops commands that need a stopped server) refuses a folder without a file or with a running server.
   *
   * The lock ends with the process, also by kill -9.
   */
  readonly as: 'server' | 'shared' | 'exclusive';
}

/**
 * Opens the folder's `latchkey.sqlite`.
 * @throws DataFolderError
 */
export function openDatabase({ folder, as }: OpenDatabaseOptions): Database {
  if (as !== 'server') assertDatabaseFileExists(folder);
  const lock = as === 'shared' ? undefined : holdServerLock(folder);
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
  const wal = createWalEraser(connection);
  let closed: Promise<void> | undefined;

  // Do not check `closed` here: while `close` waits for pending writes, they still prepare statements.
  function prepare(sql: string): StatementSync {
    refuseIf(!connection.isOpen);
    const known = statements.get(sql);
    if (known) return known;
    const statement = prepareOnce(connection, sql);
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
   * Rewrites the file if it may contain erased data. Skips the rewrite if it would delay the start for too long, or
   * could fill the disk. If the rewrite fails, the server starts nevertheless; the file is rewritten a day later, or by
   * the command `vacuum`.
   */
  function rewriteAtStart(): void {
    if (!findErasedRemains(connection).possible || hasRewriteFailedToday(connection)) return;
    if (size() > MAX_REWRITTEN_AT_START_BYTES || freeDiskBytes(folder) < 2 * size()) return;
    try {
      rewrite();
    } catch (error) {
      if (!(error instanceof DataFolderError) && sqliteResultCode(error) === undefined) throw error;
    }
  }

  // Do not migrate for a command that only reads or copies the file: a file of an earlier release must remain readable
  // for that release.
  if (as !== 'shared') migrate(fileRewriteSchema);
  if (as === 'server') {
    rewriteAtStart();
    // The previous server may have been killed before it emptied the log.
    wal.empty();
  }

  return {
    path: fileIn(folder),
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
      return findErasedRemains(connection);
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

/** Runs work that changes the tables. Holds the server lock meanwhile, so that no server can start. */
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
    return holdServerLock(folder);
  } catch (error) {
    if (!(error instanceof ServerLockHeld)) throw error;
    throw new DataFolderError(
      `The data folder ${folder} is in use by a server of an earlier version of Latchkey: restart it with this version.`,
      { cause: error },
    );
  }
}

/**
 * Checks that the disk accepts writes, by allocating pages in the file and in the write-ahead log. Leaves nothing
 * behind.
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
