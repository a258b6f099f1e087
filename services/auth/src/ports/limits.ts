import { StoreUnavailable } from '@latchkey/store';

export type RateLimitName =
  /** Limits failed logins and incorrect current passwords per canonical address. */
  | 'login-address'
  /** Limits mails that tell the owner about a lockout, per canonical address. */
  | 'lockout-notice'
  /** Limits failed logins per IP address. */
  | 'login-ip'
  /** Limits requests that cause a mail, per IP address. */
  | 'mail-ip'
  /** Limits mails of one purpose to one canonical address that are requested from one network, per hour. */
  | 'mail-network-hour'
  /**
   * Limits mails of one purpose to one canonical address that are requested from one network, per day. This
   * limit is lower than `mail-address-day`, so that no single network can exhaust the daily limit of an
   * address.
   */
  | 'mail-network-day'
  /** Limits mails of one purpose to one canonical address, per day. */
  | 'mail-address-day'
  | 'signup-ip'
  /** Limits successful logins per account. */
  | 'login-account'
  /** Limits mails that notify an owner of an event, per kind of notice and account. */
  | 'notice-account'
  /** Limits password changes that confirm the current password, per account. */
  | 'password-change-account'
  /** Limits requests to end all sessions, per account. */
  | 'logout-all-account'
  /** Limits requests of owners to erase their account, per account. */
  | 'erasure-account'
  /** Limits profile changes per account. */
  | 'profile-account'
  /** Limits requests to change the email address, per account. */
  | 'email-change-account'
  /** Limits data exports per account. */
  | 'export-account'
  /**
   * Limits mails that an admin causes, per admin: recipients of mailings, and password resets for other
   * accounts.
   */
  | 'mailing-admin';

/**
 * Allows at most `points` per window. A window starts when its first point is counted, and lasts `seconds`.
 */
export interface RateLimitRule {
  readonly points: number;
  readonly seconds: number;
}

/** The rule of each rate limit, by the name of the limit. */
export type RateLimitRules = Readonly<Record<RateLimitName, RateLimitRule>>;

/**
 * The decision of a rate limit about a request: allowed, or refused until `retryAfterSeconds` have passed.
 */
export type RateLimitDecision =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly retryAfterSeconds: number };

/**
 * Thrown by `take` if the store did not confirm the write, so that it is unknown whether the points were
 * counted.
 */
export class RateLimitPointsUncertain extends StoreUnavailable {}

/** Rate limits, shared by all instances. Every method rejects with StoreUnavailable if the store fails. */
export interface RateLimits {
  /**
   * Counts `points` (default 1) against a rate limit, unless that would exceed the limit.
   * @throws RateLimitPointsUncertain if the points may have been counted; after any other error, they were
   * not counted
   */
  take(limit: RateLimitName, key: string, points?: number): Promise<RateLimitDecision>;
  /** Returns whether a rate limit would allow one more point. Counts nothing. */
  peek(limit: RateLimitName, key: string): Promise<RateLimitDecision>;
  /**
   * Takes back `points` (default 1) that were counted against a rate limit in the current window. Does
   * nothing if the current count is lower than `points`.
   */
  giveBack(limit: RateLimitName, key: string, points?: number): Promise<void>;
  /** Resets the count of a rate limit for a key to zero. */
  clear(limit: RateLimitName, key: string): Promise<void>;
  /**
   * Deletes the counts of rate limit windows that have ended. These counts have no effect, but take up space.
   */
  removeExpired(): Promise<void>;
}
