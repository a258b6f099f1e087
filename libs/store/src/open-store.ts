/** An open store. Each kind adds the connection that its adapters use. */
export interface OpenStore {
  /** `sqlite`, `mongo`. */
  readonly kind: string;
  /** For the operator, in health checks and logs. */
  readonly name: string;
  /** Resolves if the store responds. @throws StoreUnavailable */
  health(): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}
