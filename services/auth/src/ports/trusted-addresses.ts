/** An address and an IP from which a password reset of the address was completed. */
export interface TrustedPair {
  /** Canonical. */
  readonly address: string;
  /** IPv6 addresses of one /64 count as one. */
  readonly ip: string;
}

/**
 * Pairs of an address and an IP that have a login limit of their own, so that a stranger cannot lock out the owner
 * of the address. A pair expires after 30 days. Every method rejects with StoreUnavailable if the store fails.
 */
export interface TrustedAddresses {
  /** Stores a pair, or makes it expire later. */
  trust(pair: TrustedPair, now: Date): Promise<void>;
  isTrusted(pair: TrustedPair, now: Date): Promise<boolean>;
  /** Deletes expired pairs. */
  removeExpired(now: Date): Promise<void>;
}
