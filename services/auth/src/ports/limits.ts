export type LimitName =
  /** Failed logins and wrong current passwords per canonical address. */
  | 'login-address'
  /** Failed logins per IP. */
  | 'login-ip'
  /** Requests that lead to mail, per IP. */
  | 'mail-ip'
  /** Verification mails of all kinds (including sign-ups) per canonical address. */
  | 'verification-address'
  /** Reset mails per canonical address. */
  | 'reset-address'
  | 'signup-ip'
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
  /** Takes back one counted point. */
  giveBack(limit: LimitName, key: string): Promise<void>;
  /** Resets the count of a key. */
  clear(limit: LimitName, key: string): Promise<void>;
  /** Deletes expired counts, which would only take up space. */
  removeExpired(): Promise<void>;
}
