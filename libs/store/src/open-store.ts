import type { ClockReadings } from './clock-readings.ts';
import type { DataFile } from './data-file.ts';

/** A row or a document, with the name of the table or collection that contains it. */
export interface StoredRecord {
  readonly place: string;
  readonly record: Readonly<Record<string, unknown>>;
}

/** An open store. Each kind adds the connection that its adapters use. */
export interface OpenedStore {
  /** The kind of store, such as `sqlite` or `mongo`. */
  readonly kind: string;
  /** The name shown to operators, in health checks and logs. */
  readonly name: string;
  /** Resolves if the store responds. @throws StoreUnavailable */
  health(): Promise<void>;
  /** Writes a small record, always the same one. Resolves if the store accepts it. @throws StoreUnavailable */
  checkWritable(): Promise<void>;
  /**
   * Calls the listener when the server refuses an operation because the user lacks a permission. Retrying does not help
   * until an operator grants it. Absent if the store has no users.
   * @returns a function that removes the listener
   */
  onPermissionDenied?(listener: (reason: Error) => void): () => void;
  /** Returns the time of the server's clock. Absent if the store is part of this process. @throws StoreUnavailable */
  serverTime?(): Promise<Date>;
  /**
   * Stores readings of this process's clock. Absent if the store has a server, because the clock is then compared with
   * the server's clock.
   */
  readonly clockReadings?: ClockReadings;
  /** The store's file. Absent if the store is on a server, which several processes can use. */
  readonly file?: DataFile;
  /**
   * Yields everything that is stored, one table or collection after the other, in the order of their names. Does not
   * yield the records of an embedded log. @throws StoreUnavailable
   */
  records(): AsyncIterable<StoredRecord>;
  /** Closes the store. Idempotent. */
  close(): Promise<void>;
}
