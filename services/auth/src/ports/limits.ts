export type LimitName =
  /** Failed logins and wrong current passwords per canonical address. */
  | 'login-address'
  /** Failed logins per IP. */
  | 'login-ip'
  /** Requests that lead to mail, per IP. */
  | 'mail-ip'
  /** Mails of one purpose to one canonical address because of one network, per hour. */
  | 'mail-network-hour'
  /** The same per day: a part of the address's own limit, so that no single network can use that up. */
  | 'mail-network-day'
  /** Mails of one purpose to one canonical address, per day. */
  | 'mail-address-day'
  | 'signup-ip'
  /** Changes of the profile per account. */
  | 'profile-account'
  /** Recipients per admin. */
  | 'mailing-admin';

/** At most `points` in a window of `seconds`, which starts with the first point. */
export interface LimitRule {
  readonly points: number;
  readonly seconds: number;
}

export type LimitRules = Readonly<Record<LimitName, LimitRule>>;

export type Allowance =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly retryAfterSeconds: number };

/** Rate limits, shared by all instances. Every method rejects with StoreUnavailable if the store fails. */
export interface Limits {
  /** Counts `points` (default 1) unless that would exceed the limit. */
  take(limit: LimitName, key: string, points?: number): Promise<Allowance>;
  /** Returns whether one more point would be allowed, without counting it. */
  peek(limit: LimitName, key: string): Promise<Allowance>;
  /** Takes back `points` (default 1) counted in the current window; a no-op if fewer are counted. */
  giveBack(limit: LimitName, key: string, points?: number): Promise<void>;
  /** Resets the count of a key. */
  clear(limit: LimitName, key: string): Promise<void>;
  /** Deletes expired counts, which would only take up space. */
  removeExpired(): Promise<void>;
}
