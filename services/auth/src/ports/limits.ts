import { StoreUnavailable } from '@latchkey/store';

export type LimitName =
  /** Failed logins and wrong current passwords per canonical address. */
  | 'login-address'
  /** Notices of a lockout per canonical address. */
  | 'lockout-notice'
  /** Failed logins per IP. */
  | 'login-ip'
  /** Requests that lead to mail, per IP. */
  | 'mail-ip'
  /** Mails per hour that one network causes, for each purpose and canonical address. */
  | 'mail-network-hour'
  /**
   * Mails per day that one network causes, for each purpose and canonical address. The limit is lower than
   * `mail-address-day`, so that no single network can exhaust the daily limit of an address.
   */
  | 'mail-network-day'
  /** Mails of one purpose to one canonical address, per day. */
  | 'mail-address-day'
  | 'signup-ip'
  /** Successful logins per account. */
  | 'login-account'
  /** Notices of one kind per account. */
  | 'notice-account'
  /** Changes of the password with the current one, per account. */
  | 'password-change-account'
  /** Requests to end every session, per account. */
  | 'logout-all-account'
  /** Requests to erase one's own account, per account. */
  | 'erasure-account'
  /** Changes of the profile per account. */
  | 'profile-account'
  /** Requests to change the address, per account. */
  | 'email-change-account'
  /** Exports per account. */
  | 'export-account'
  /** Recipients of mailings and password resets per admin. */
  | 'mailing-admin';

/** Allows at most `points` within a window of `seconds`, which starts with the first point. */
export interface LimitRule {
  readonly points: number;
  readonly seconds: number;
}

export type LimitRules = Readonly<Record<LimitName, LimitRule>>;

export type Allowance =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly retryAfterSeconds: number };

/** Thrown by `take` if the store may have counted the points, but did not confirm it. */
export class PointsUncertain extends StoreUnavailable {}

/** Rate limits, shared by all instances. Every method rejects with StoreUnavailable if the store fails. */
export interface Limits {
  /**
   * Counts `points` (default 1) unless that would exceed the limit.
   * @throws PointsUncertain if the points may have been counted; any other error means that they were not
   */
  take(limit: LimitName, key: string, points?: number): Promise<Allowance>;
  /** Returns whether one more point would be allowed, without counting it. */
  peek(limit: LimitName, key: string): Promise<Allowance>;
  /** Takes back `points` (default 1) that were counted in the current window. Does nothing if fewer were counted. */
  giveBack(limit: LimitName, key: string, points?: number): Promise<void>;
  /** Resets the count of a key. */
  clear(limit: LimitName, key: string): Promise<void>;
  /** Deletes expired counts, which only take up space. */
  removeExpired(): Promise<void>;
}
