/** An open store. Each kind adds the connection that its adapters use. */
export interface OpenStore {
  /** `sqlite`, `mongo`. */
  readonly kind: string;
  /** For the operator, in health checks and logs. */
  readonly name: string;
  /** Resolves if the store responds. @throws StoreUnavailable */
  health(): Promise<void>;
  /** Resolves if the store takes a write: a small one, always of the same record. @throws StoreUnavailable */
  checkWritable(): Promise<void>;
  /**
   * Calls back when its server refuses an operation because the user lacks a right, which no waiting mends. Absent if
   * there are no users. @returns a function that ends the callbacks
   */
  onDenied?(listener: (reason: Error) => void): () => void;
  /** Reads the clock of its server. Absent if the store is part of this process. @throws StoreUnavailable */
  serverTime?(): Promise<Date>;
  /** Idempotent. */
  close(): Promise<void>;
}
