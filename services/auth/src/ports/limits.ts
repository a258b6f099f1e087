import { StoreUnavailable } from '@latchkey/store';

export type RateLimitName =
  /** Failed logins and incorrect current passwords, per canonical address. */
  | 'login-address'
  /** Mails that tell the owner about a lockout, per canonical address. */
  | 'lockout-notice'
  /** Failed logins, per IP address. */
  | 'login-ip'
  /** Requests that cause a mail, per IP address. */
  | 'mail-ip'
  /** Mails of one purpose to one canonical address that are requested from one network, per hour. */
  | 'mail-network-hour'
  /**
   * Mails of one purpose to one canonical address that are requested from one network, per day. Lower than
   * `mail-address-day`, so that no single network can exhaust the daily limit of an address.
   */
  | 'mail-network-day'
  /** Mails of one purpose to one canonical address, per day. */
  | 'mail-address-day'
  | 'signup-ip'
  /** Successful logins, per account. */
  | 'login-account'
  /** Mails that notify an owner of an event, per kind of notice and account. */
  | 'notice-account'
  /** Password changes that confirm the current password, per account. */
  | 'password-change-account'
  /** Requests to end all sessions, per account. */
  | 'logout-all-account'
  /** Requests of owners to erase their account, per account. */
  | 'erasure-account'
  /** Profile changes, per account. */
  | 'profile-account'
  /** Requests to change the email address, per account. */
  | 'email-change-account'
  /** Data exports, per account. */
  | 'export-account'
  /**
   * Mails that an admin causes: recipients of mailings, and password resets for other accounts; per admin.
   */
  | 'mailing-admin';

/**
 * Allows at most `points` per window. A window starts when its first point is counted, and lasts `seconds`.
 */
export interface RateLimitRule {
  readonly points: number;
  readonly seconds: number;
}

/** The rule of each rate limit. */
export type RateLimitRules = Readonly<Record<RateLimitName, RateLimitRule>>;

/** Whether a rate limit allows a call. If not, the client may retry after `retryAfterSeconds`. */
export type RateLimitDecision =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly retryAfterSeconds: number };

/**
 * Thrown by `take` if the store did not confirm the write, so that the points may or may not have been
 * counted.
 */
export class RateLimitPointsUncertain extends StoreUnavailable {}

/** Rate limits, shared by all instances. Every method rejects with StoreUnavailable if the store fails. */
export interface RateLimits {
  /**
   * Counts `points` (default 1), unless that would exceed the limit.
   * @throws RateLimitPointsUncertain if the points may have been counted; after any other error, they were
   * not counted
   */
  take(limit: RateLimitName, key: string, points?: number): Promise<RateLimitDecision>;
  /** Returns whether one more point would be allowed. Counts nothing. */
  peek(limit: RateLimitName, key: string): Promise<RateLimitDecision>;
  /**
   * Takes back `points` (default 1) that were counted in the current window. No-op if fewer points are
   * counted.
   */
  giveBack(limit: RateLimitName, key: string, points?: number): Promise<void>;
  /** Resets the count of a key to zero. */
  clear(limit: RateLimitName, key: string): Promise<void>;
  /** Deletes expired counts. They have no effect, but take up space. */
  removeExpired(): Promise<void>;
}
