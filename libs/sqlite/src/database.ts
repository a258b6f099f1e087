/**
 * The embedded store: one SQLite file per data folder, one connection per process, many adapters on it.
 *
 * Every adapter brings its own tables (`CREATE TABLE IF NOT EXISTS …` when it is created) under a prefix of
 * its own. WAL, `synchronous=FULL`: what `write` resolves is on the disk, unless it says that this can wait.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { DatabaseClosed } from './database-failure.ts';
import { groupCommit } from './group-commit.ts';
import { demandFile, openFile, waitingForOthers } from './open-file.ts';
import { holdServerLock } from './server-lock.ts';

export interface WriteOptions {
  /**
   * False: the work is committed, but not waited for until it is on the disk. It outlives the process, also on
   * kill -9, but not a power cut, which takes it *with all that was committed after it* up to the next flushed
   * write: for what follows from earlier writes and is then simply done again. Default: true.
   */
  readonly flushed?: boolean;
  /** How long it may wait for other writes to share its commit and its flush, in ms. Default: 0. */
  readonly commitDelay?: number;
}

export interface Database {
  /** A prepared statement, cached by its text. Reads may use it directly; what writes goes through `write`. */
  prepare(sql: string): StatementSync;
  /** Runs statements without results, for an adapter's tables. */
  exec(sql: string): void;
  /**
   * Runs `work` within a transaction and resolves with its result once that is durable. Works that are
   * waiting at the same time share one commit, in the order in which they were handed in; one that throws
   * is rolled back alone and rejects. `work` must be synchronous: a transaction never spans an `await`.
   * Do not nest. Rejects if another process (ops) keeps writing for more than ten seconds.
   */
  write<T>(work: () => T extends PromiseLike<unknown> ? never : T, options?: WriteOptions): Promise<T>;
  /** The file's size in bytes, for metrics. */
  size(): number;
  /** Waits for the writes handed in, then closes. Idempotent. */
  close(): Promise<void>;
}

export interface OpenOptions {
  /** DATA_DIR. */
  readonly folder: string;
  /**
   * `server` makes a folder (0700) and a file that are missing, and refuses a folder that another server holds;
   * `beside` (ops commands) does not ask, and refuses a folder that no server has filled; `alone` (ops commands
   * that must not meet a server) refuses both. The lock goes with the process, also on kill -9.
   */
  readonly as: 'server' | 'beside' | 'alone';
}

/**
 * Opens the folder's `latchkey.sqlite`.
 * @throws DataFolderError
 */
export function openDatabase({ folder, as }: OpenOptions): Database {
  if (as !== 'server') demandFile(folder);
  const lock = as === 'beside' ? undefined : holdServerLock(folder);
  try {
    const connection = openFile({ folder, make: as === 'server', check: as !== 'beside' });
    return databaseOn(connection, () => lock?.release());
  } catch (error) {
    lock?.release();
    throw error;
  }
}

function databaseOn(connection: DatabaseSync, released: () => void): Database {
  const statements = new Map<string, StatementSync>();
  const commits = groupCommit(connection);
  let closed: Promise<void> | undefined;

  // The works that closing waits for still prepare statements: only then is the connection gone.
  function prepare(sql: string): StatementSync {
    refuseIf(!connection.isOpen);
    const known = statements.get(sql);
    if (known) return known;
    const statement = connection.prepare(sql);
    statements.set(sql, statement);
    return statement;
  }

  async function close() {
    await commits.idle();
    connection.close();
    released();
  }

  return {
    prepare,
    exec(sql) {
      refuseIf(!connection.isOpen);
      waitingForOthers(connection, () => connection.exec(sql));
    },
    async write(work, { flushed = true, commitDelay = 0 } = {}) {
      refuseIf(closed !== undefined);
      return commits.run(work, { flushed, commitDelay });
    },
    size: () => pragma(prepare, 'page_count') * pragma(prepare, 'page_size'),
    close() {
      closed ??= close();
      return closed;
    },
  };
}

function refuseIf(closed: boolean): void {
  if (closed) throw new DatabaseClosed();
}

function pragma(prepare: Database['prepare'], name: 'page_count' | 'page_size') {
  return Number(prepare(`PRAGMA ${name}`).get()?.[name]);
}

export type { DatabaseSync };
