/**
 * The embedded store: one SQLite file per data folder, one connection per process, many adapters on it.
 *
 * Every adapter brings its own tables (`CREATE TABLE IF NOT EXISTS …` when it is created) under a prefix of
 * its own. WAL, `synchronous=FULL`: what `write` resolves is on the disk.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';

export interface Database {
  /** A prepared statement, cached by its text. Reads may use it directly; what writes goes through `write`. */
  prepare(sql: string): StatementSync;
  /** Runs statements without results, for an adapter's tables. */
  exec(sql: string): void;
  /**
   * Runs `work` within a transaction and resolves with its result once that is durable. Works that are
   * waiting at the same time share one commit, in the order in which they were handed in; one that throws
   * is rolled back alone and rejects. `work` must be synchronous: a transaction never spans an `await`.
   * Do not nest.
   */
  write<T>(work: () => T extends PromiseLike<unknown> ? never : T): Promise<T>;
  /** The file's size in bytes, for metrics. */
  size(): number;
  /** Waits for the writes handed in, then closes. Idempotent. */
  close(): Promise<void>;
}

export interface OpenOptions {
  /** DATA_DIR: made if it is missing (0700). */
  readonly folder: string;
  /**
   * `server` refuses a folder that another server holds; `beside` (ops commands) does not ask.
   * The lock goes with the process, also on kill -9.
   */
  readonly as: 'server' | 'beside';
}

/** A data folder that cannot be used: held by another server, read-only, not ours, or corrupt. One clear line. */
export declare class DataFolderError extends Error {}

/** @throws DataFolderError */
export declare function openDatabase(options: OpenOptions): Database;

export type { DatabaseSync };
