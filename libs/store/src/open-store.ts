import type { ClockReadingStore } from './clock-readings.ts';
import type { DataFile } from './data-file.ts';

/** A row or a document, with the name of its table or collection. */
export interface StoredRecord {
  readonly place: string;
  readonly record: Readonly<Record<string, unknown>>;
}

/**
 * A store that is open. Each kind of store extends this interface with the connection that its adapters use.
 */
export interface OpenedStore {
  /** The kind of store, such as `sqlite` or `mongo`. */
  readonly kind: string;
  /** The name of the store in health checks and logs, which operators see. */
  readonly name: string;
  /** Checks that the store can be reached. Resolves if it responds. @throws StoreUnavailable */
  health(): Promise<void>;
  /**
   * Checks that the store accepts writes, by a small write that does not change the data of the services.
   * @throws StoreUnavailable
   */
  checkWritable(): Promise<void>;
  /**
   * Registers a listener for operations that the server refuses because the user lacks a permission. Retrying
   * does not help until an operator grants it. Absent if the store has no users.
   * @returns a function that removes the listener
   */
  onPermissionDenied?(listener: (reason: Error) => void): () => void;
  /**
   * Returns the time of the server's clock. Absent if the store runs inside this process.
   * @throws StoreUnavailable
   */
  serverTime?(): Promise<Date>;
  /**
   * Stores readings of this process's clock. Absent if the store has a server, because the process's clock is
   * then compared with the server's clock.
   */
  readonly clockReadings?: ClockReadingStore;
  /** The store's file. Absent if the store is on a server. */
  readonly file?: DataFile;
  /**
   * Yields everything that the store contains, one table or collection after the other, sorted by name.
   * Leaves out the records of an embedded log.
   * @throws StoreUnavailable
   */
  records(): AsyncIterable<StoredRecord>;
  /** Closes the store. Idempotent. */
  close(): Promise<void>;
}
