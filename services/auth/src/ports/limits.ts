/** Limits on how often something may happen, shared by all instances. */

export type LimitName =
  /** Failed logins and wrong current passwords per canonical address. */
  | 'login-address'
  /** Failed logins per IP. */
  | 'login-ip'
  /** Requests that lead to mail, per IP. */
  | 'mail-ip'
  /** Verification mails of all kinds (sign-ups too) per canonical address. */
  | 'verification-address'
  /** Reset mails per canonical address. */
  | 'reset-address'
  | 'signup-ip'
  /** Recipients per admin. */
  | 'mailing-admin';

/** At most `points` in a window of `seconds`, which begins with the first of them. */
export interface LimitRule {
  readonly points: number;
  readonly seconds: number;
}

export type LimitRules = Readonly<Record<LimitName, LimitRule>>;

export type Allowance =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly retryAfterSeconds: number };

/** Every method rejects with a StoreUnavailable when the store cannot be reached. */
export interface Limits {
  /** Counts `points` (default 1). Refused once over the limit; what is refused is not counted. */
  take(limit: LimitName, key: string, points?: number): Promise<Allowance>;
  /** Whether one more would be allowed; counts nothing. */
  peek(limit: LimitName, key: string): Promise<Allowance>;
  /** Takes back one point that was counted. */
  giveBack(limit: LimitName, key: string): Promise<void>;
  /** Forgets what was counted. */
  clear(limit: LimitName, key: string): Promise<void>;
  /** Remembers an address and an IP together, for 30 days: from there a reset of this address was completed. */
  trust(address: string, ip: string): Promise<void>;
  trusted(address: string, ip: string): Promise<boolean>;
  /** Removes what has run out: it counts no more, and would only pile up. */
  removeExpired(): Promise<void>;
}
