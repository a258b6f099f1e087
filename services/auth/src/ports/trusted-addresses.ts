/**
 * An e-mail address and an IP address. From this IP address, the owner of the e-mail address signed in, or used a mailed
 * link to set a password or to confirm the address.
 */
export interface TrustedPair {
  /** The canonical e-mail address. */
  readonly address: string;
  /** The IP address of the client. All IPv6 addresses of one /64 network count as the same address. */
  readonly ip: string;
}

/**
 * Pairs of an e-mail address and an IP address to which the login limit of the e-mail address does not apply, so that a
 * stranger cannot lock out its owner. A pair expires after 30 days. Every method rejects with StoreUnavailable if the
 * store fails.
 */
export interface TrustedAddresses {
  /** Stores a pair, or makes it expire later; a pair that was stored less than a day ago stays unchanged. */
  trust(pair: TrustedPair, now: Date): Promise<void>;
  isTrusted(pair: TrustedPair, now: Date): Promise<boolean>;
  /** Deletes expired pairs. */
  removeExpired(now: Date): Promise<void>;
}
