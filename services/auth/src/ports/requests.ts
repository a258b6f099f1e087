/**
 * Requests that must not tell whether an account exists: written down the same way for everyone, answered,
 * and looked up by a worker afterwards.
 */
import type { HeldLease } from '@latchkey/store';

export interface WrittenRequest {
  /** A UUID, and the source of the command's id: a request that is carried out twice has one effect. */
  readonly id: string;
  readonly kind: 'password-reset' | 'verification';
  /** Canonical. */
  readonly address: string;
  /** Over the mail budget: send nothing as long as a link that was mailed before still works. */
  readonly overBudget?: true;
  readonly at: string;
  readonly correlationId: string;
  readonly traceparent?: string;
}

/** The most leases that `held` returns. */
export const MAX_HELD = 1000;

/** Every method rejects with a StoreUnavailable when the store cannot be reached. */
export interface Requests {
  /** Stores a request durably. @returns false if it was stored before and waits */
  add(request: WrittenRequest): Promise<boolean>;
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
