/**
 * Requests whose response must not reveal whether an account exists. Each is recorded the same way and gets its
 * response immediately; a worker looks up the account afterwards.
 */
import type { HeldLease } from '@latchkey/store';

export interface RecordedRequest {
  /** A UUID. The command's id is derived from it, so that a request that is processed twice has an effect only once. */
  readonly id: string;
  /** `lockout`: a mail that informs the owner that unknown clients are locked out. */
  readonly kind: 'password-reset' | 'verification' | 'lockout';
  /** The canonical e-mail address that the request names. */
  readonly address: string;
  /** Set if the mail budget is used up: nothing is sent as long as an earlier link still works. */
  readonly overBudget?: true;
  readonly at: string;
  readonly correlationId: string;
  readonly traceparent?: string;
}

/** The maximum number of leases that `held` returns. */
export const MAX_LISTED_LEASES = 1000;

/** The recorded requests. Every method rejects with a StoreUnavailable if the store cannot be reached. */
export interface RequestQueue {
  /** Stores a request durably. @returns false if the same request is already waiting */
  add(request: RecordedRequest): Promise<boolean>;
  /**
   * Leases the oldest unleased requests to the worker `owner`. No other worker gets these requests, unless they are
   * freed after their lease has expired.
   */
  claim(claim: {
    readonly owner: string;
    readonly now: Date;
    /** How long the lease is meant to last, in ms; shown to operators. */
    readonly leaseMs: number;
    readonly limit: number;
  }): Promise<readonly RecordedRequest[]>;
  /** Returns the current leases, in the order of the ids of their requests: at most MAX_LISTED_LEASES. */
  held(): Promise<readonly HeldLease[]>;
  /** Frees a request whose lease has expired. No-op if the lease has changed meanwhile. */
  free(lease: HeldLease): Promise<void>;
  /** Removes a request that was carried out. Does nothing if the owner has lost the lease meanwhile. */
  done(id: string, owner: string): Promise<void>;
  /** Counts the waiting requests. */
  count(): Promise<number>;
}
