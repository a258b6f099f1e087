/**
 * Requests that must not tell whether an account exists: written down the same way for everyone, answered,
 * and looked up by a worker afterwards.
 */

export interface WrittenRequest {
  /** UUIDv7; also the source of the command's id, so that a worker that died can be repeated. */
  readonly id: string;
  readonly kind: 'password-reset' | 'verification';
  /** Canonical. */
  readonly address: string;
  readonly at: string;
  readonly correlationId: string;
  readonly traceparent?: string;
}

/** Every method rejects with a StoreUnavailable when the store cannot be reached. */
export interface Requests {
  /** Durable when it resolves. */
  add(request: WrittenRequest): Promise<void>;
  /** Leases the oldest ones that nobody holds, for `leaseMs`, to `owner`. */
  claim(claim: {
    readonly owner: string;
    readonly now: Date;
    readonly leaseMs: number;
    readonly limit: number;
  }): Promise<readonly WrittenRequest[]>;
  /** Removes a request that has been carried out. Nothing happens if the owner has lost it meanwhile. */
  done(id: string, owner: string): Promise<void>;
  /** How many wait. */
  count(): Promise<number>;
}
