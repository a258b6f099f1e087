/**
 * Requests whose response must not reveal whether an account exists. Every request is recorded in the same
 * way and answered immediately; a worker looks up the account later.
 */
import type { HeldLease } from '@latchkey/store';

export interface QueuedMailRequest {
  /**
   * The id of the request, a UUID. Command ids are derived from it, so that processing a request twice has no
   * further effect.
   */
  readonly id: string;
  /**
   * Which mail to send. `lockout` is a mail that tells the owner that sign-ins from unknown clients are
   * blocked for now.
   */
  readonly kind: 'password-reset' | 'verification' | 'lockout';
  /** The canonical email address for which the request was made. */
  readonly address: string;
  /**
   * Set if the limit on mails to the address has been reached. The mail is then sent only if no link that was
   * mailed earlier still works.
   */
  readonly overBudget?: true;
  readonly at: string;
  readonly correlationId: string;
  readonly traceparent?: string;
}

/** The maximum number of leases that the method `held` of {@link MailRequestQueue} returns. */
export const MAX_LISTED_MAIL_REQUEST_LEASES = 1000;

/** The queue of recorded requests. Every method rejects with StoreUnavailable if the store fails. */
export interface MailRequestQueue {
  /**
   * Stores a request for a mail durably.
   * @returns false if a request with this id is already waiting
   */
  add(request: QueuedMailRequest): Promise<boolean>;
  /**
   * Leases the oldest free requests to the worker `owner`. Other workers cannot claim these requests until
   * they are freed. A request may be freed once its lease has expired.
   */
  claim(claim: {
    readonly owner: string;
    readonly now: Date;
    /** The intended duration of the lease, in ms; shown to operators. */
    readonly leaseMs: number;
    readonly limit: number;
  }): Promise<readonly QueuedMailRequest[]>;
  /**
   * Returns the current leases of requests, ordered by request id; at most MAX_LISTED_MAIL_REQUEST_LEASES.
   */
  held(): Promise<readonly HeldLease[]>;
  /** Frees a request whose lease has expired. No-op if the request has been leased again or removed since. */
  free(lease: HeldLease): Promise<void>;
  /** Removes a processed request. No-op if `owner` no longer holds its lease. */
  done(id: string, owner: string): Promise<void>;
  /** Counts all recorded requests, including leased ones. */
  count(): Promise<number>;
}
