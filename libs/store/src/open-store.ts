import type { ClockReadings } from './clock-readings.ts';

/** An open store. Each kind adds the connection that its adapters use. */
export interface OpenStore {
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
  /** Closes the store. Idempotent. */
  close(): Promise<void>;
}
