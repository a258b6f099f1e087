/**
 * Requests that must not tell whether an account exists: written down the same way for everyone, answered,
 * and looked up by a worker afterwards.
 */
import type { HeldLease } from '@latchkey/store';

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

/** The most leases that `held` returns. */
export const MAX_HELD = 1000;

/** Every method rejects with a StoreUnavailable when the store cannot be reached. */
export interface Requests {
  /** Durable when it resolves. */
  add(request: WrittenRequest): Promise<void>;
  /** Leases the oldest ones that nobody holds to `owner`. Nobody else gets them until they are done or freed. */
  claim(claim: {
    readonly owner: string;
    readonly now: Date;
    /** How long the lease is meant to last, in ms, for operators. */
    readonly leaseMs: number;
    readonly limit: number;
  }): Promise<readonly WrittenRequest[]>;
  /** Returns the leases that are held, by the ids of their requests: at most MAX_HELD. */
  held(): Promise<readonly HeldLease[]>;
  /** Frees a request whose lease has expired. No-op if the lease has changed meanwhile. */
  free(lease: HeldLease): Promise<void>;
  /** Removes a request that has been carried out. Nothing happens if the owner has lost it meanwhile. */
  done(id: string, owner: string): Promise<void>;
  /** How many wait. */
  count(): Promise<number>;
}
